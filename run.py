#!/usr/bin/env python3
"""What one does with this project, from a fresh checkout: `python3 run.py demo | test | check | …`.

Standard library only. Makes `.venv`, installs the hashed locks and the package itself, and remembers what it
installed, so that the second start is instant. Pythons that are too old to run it can still read it: they get
a sentence, not a syntax error.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Se necesita Python 3.11 o más nuevo y este es el {}.{}: instale uno más nuevo y repita con él, por "
        "ejemplo, «python3.11 run.py demo».".format(*sys.version_info[:2])
    )

import os

if sys.argv[1:2] == ["demo"]:
    # It ends as it is asked to, from its first moment on; there is nothing yet to be cleared away. Importing
    # signal, which names the numbers, takes longer than all before it.
    import _signal  # type: ignore[import-not-found]  # typeshed does not know it

    _signal.signal(_signal.SIGINT, lambda _number, _frame: os._exit(0))

import difflib
import hashlib
import importlib.util
import json
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
NOTE = VENV / "siigo-escala.json"
LOG = VENV / "pip.log"
RUN_LOCKS = ("requirements.lock", "requirements-build.lock")
DEV_LOCKS = ("requirements-dev.lock", "requirements-build.lock")
WORKERS = "4"
HELP = """Uso: python3 run.py ORDEN [OPCIONES]

Prepara el entorno (la primera vez) y ejecuta una orden.

Órdenes:
  demo     la demostración, sin ninguna cuenta; las opciones pasan a «siigo-escala demo»
  test     todo lo que exige la integración continua; con --full, también lo largo
  check    la mitad rápida de test
  fix      arregla lo que las herramientas saben arreglar
  bench    las mediciones
  chaos    vidas sorteadas con todo lo que puede salir mal; --seeds N, --seed K
  pictures las imágenes del manual, con Chromium
  mutants  cuántos defectos pequeños notan las pruebas de un paquete; domain | sync, --sample N

Las opciones de test y check pasan a pytest: python3 run.py check tests/domain -k identity"""
OFFLINE = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "Failed to establish a new connection",
    "NewConnectionError",
    "Network is unreachable",
    "Read timed out",
    "ConnectTimeoutError",
    "No matching distribution found",
)
NPM_FAILED = "No se pudieron traer las hojas de estilo"
"""How hatch_build.py says that npm reached nothing."""


class Missing(Exception):
    """Something this machine lacks; one Spanish sentence that says what to do."""


def main(arguments: list[str]) -> int:
    """Runs one command; its exit code."""
    command, *rest = arguments or [""]
    if command in ("-h", "--help"):
        print(HELP)
        return 0
    if command not in COMMANDS:
        print(complaint(command), file=sys.stderr)
        return 2
    try:
        prepare(RUN_LOCKS if command == "demo" else DEV_LOCKS)
        return COMMANDS[command](rest)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrumpido.", file=sys.stderr)
        # The demonstration ends as it is asked to, from its first moment on.
        return 0 if command == "demo" else 130


def complaint(word: str) -> str:
    """What is wrong with the first word of the command line, and how to find the right one."""
    if not word:
        said = "Falta la orden"
    elif word.startswith("-"):
        said = f"No existe la opción {word}; las opciones van después de la orden"
    else:
        near = difflib.get_close_matches(word, COMMANDS, n=1)
        said = f"No existe la orden «{word}»" + (f"; ¿quiso decir «{near[0]}»?" if near else "")
    return f"{said}{'' if said.endswith('?') else ';'} «python3 run.py --help» las muestra."


def prepare(locks: tuple[str, ...]) -> None:
    """`.venv` holds what `locks` name and the package itself; nothing happens where it already does."""
    wanted = fingerprint(locks)
    noted = read_note()
    if wanted in noted:
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Missing(
            "A este Python le falta el módulo venv (con ensurepip): instálelo (en Debian o Ubuntu, "
            "«sudo apt install python3-venv») y repita."
        )
    try:
        tempfile.TemporaryFile(
            dir=ROOT
        ).close()  # whether one can write here: venv and pip say it less clearly
        # From here on others work for us, and are waited for.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("Preparando el entorno (solo la primera vez; cerca de un minuto)…", file=sys.stderr, flush=True)
        if not usable():
            make_venv()
        if NOTE.exists():
            NOTE.unlink()
        for lock in locks:
            # The locks are complete: nothing is resolved, so that a machine's own constraint file, which
            # makes pip ask for the hash of every extra, changes nothing.
            pip("install", "--no-deps", "--require-hashes", "-r", str(ROOT / lock))
        pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        # pip leaves an editable package as it is; compiling it at every start would take half of its time.
        tool("python", "-m", "compileall", "-q", "src", quiet=True)
        # What one command needs is part of what the others need: the larger environment serves them all.
        done = {wanted, fingerprint(RUN_LOCKS)} if locks == DEV_LOCKS else {wanted}
        NOTE.write_text(json.dumps(sorted(done)))
    except OSError as problem:
        raise Missing(
            f"No se puede escribir en «{ROOT}» ({problem.strerror}): copie el proyecto a una carpeta en la "
            "que usted pueda escribir, con espacio libre, y repita."
        ) from problem


def fingerprint(locks: tuple[str, ...]) -> str:
    """Changes whenever the environment must be made anew."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT} {locks}".encode())
    for name in (*locks, "pyproject.toml", "package-lock.json", "hatch_build.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read_note() -> list[str]:
    """Fingerprints of what was installed completely."""
    try:
        found = json.loads(NOTE.read_text())
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) and python().exists() else []


def usable() -> bool:
    """Whether `.venv` is an environment of this very Python version, with pip, and stands where it was made:
    the programs of one that was copied start the Python of the other.
    """
    if not python().exists():
        return False
    try:
        made = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").rstrip().splitlines()
    except (OSError, ValueError):
        return False
    if not any(line.startswith("command =") and line.endswith(f" {VENV}") for line in made):
        return False
    question = "import pip, sys; print(sys.version_info[:2])"
    answer = subprocess.run([python(), "-c", question], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == str(sys.version_info[:2])


def make_venv() -> None:
    """A new `.venv` in place of whatever stands there."""
    if VENV.exists():
        shutil.rmtree(VENV)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    if made.returncode == 0:
        return
    told = (made.stdout + made.stderr).strip()
    raise Missing(f"No se pudo crear el entorno .venv: {last_line(told)}")


def pip(*arguments: str) -> None:
    """Runs pip of the environment; what it said is kept in `.venv/pip.log`."""
    command = [str(python()), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n{time.strftime('%Y-%m-%d %H:%M:%S')} {arguments}\n")
        log.flush()
        begin = log.tell()
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False, cwd=ROOT)
    if done.returncode == 0:
        return
    told = LOG.read_bytes()[begin:].decode("utf-8", "replace")
    if done.returncode < 0 or "Operation cancelled by user" in told:
        raise KeyboardInterrupt
    if NPM_FAILED in told:
        raise Missing(
            "No se pudieron traer las hojas de estilo y los guiones con npm: revise la conexión o el "
            "registro de "
            f"paquetes (npm config get registry) y repita; los detalles están en {LOG.relative_to(ROOT)}."
        )
    if any(sign in told for sign in OFFLINE):
        raise Missing(
            "No se pudieron descargar las dependencias: revise la conexión a Internet (o el proxy) y repita; "
            f"los detalles están en {LOG.relative_to(ROOT)}."
        )
    raise Missing(
        f"pip no pudo instalar las dependencias ({last_line(told)}); "
        f"los detalles están en {LOG.relative_to(ROOT)}."
    )


def last_line(text: str) -> str:
    """The last thing that was said about an error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["sin mensaje"])[-1]


def python() -> Path:
    """The interpreter of the environment."""
    return BIN / ("python.exe" if os.name == "nt" else "python")


def tool(name: str, *arguments: str, quiet: bool = False) -> int:
    """Runs a program of the environment in the project's folder; its exit code, 128 + n after signal n."""
    if not quiet:
        print(f"\n$ {name} {' '.join(arguments)}", flush=True)
    environment = dict(
        os.environ, VIRTUAL_ENV=str(VENV), PATH=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    )
    environment.pop("PYTHONHOME", None)
    command = [str(BIN / name), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)

    def pass_on(number: int, _frame: object) -> None:
        process.send_signal(number)

    before = signal.signal(signal.SIGTERM, pass_on)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # The terminal told the whole group; whoever was asked alone still has to tell the child.
        code = ended(process)
    finally:
        signal.signal(signal.SIGTERM, before)
    return 128 - code if code < 0 else code


def ended(process: "subprocess.Popen[bytes]") -> int:
    """130, once the interrupted process is gone: by itself, else asked, else killed."""
    for seconds, ask in ((2, process.terminate), (10, process.kill)):
        try:
            process.wait(seconds)
            return 130
        except subprocess.TimeoutExpired:
            ask()
    process.wait()
    return 130


def demo(options: list[str]) -> int:
    """`siigo-escala demo` with the options given; on POSIX in this very process, so that it hears signals."""
    if os.name != "nt":
        os.chdir(ROOT)
        # Until the program listens to them, signals wait: it is not to die of one while Python starts.
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        os.execv(BIN / "siigo-escala", ["siigo-escala", "demo", *options])
    return tool("siigo-escala", "demo", *options, quiet=True)


def test(options: list[str]) -> int:
    """What CI runs. `--full` adds the long tests; other options go to pytest, whose summary comes last."""
    full = "--full" in options
    rest = [option for option in options if option != "--full"]
    selection = ["-m", ""] if full else ["-m", "not full"]
    return static() or tool("pytest", "-n", WORKERS, "--cov", "--cov-report=term", *selection, *rest)


def check(options: list[str]) -> int:
    """The quick half of `test`: no slow tests, no coverage."""
    return static() or tool("pytest", "-n", WORKERS, "-m", "not slow and not full", *options)


def static() -> int:
    """Everything that needs no run: all of it is told, the first failure's code counts."""
    codes = [
        tool("ruff", "check"),
        tool("ruff", "format", "--check"),
        tool("mypy"),
        tool("lint-imports"),
        tool("djlint", "--lint", "src"),
    ]
    return next((code for code in codes if code), 0)


def fix(options: list[str]) -> int:
    """Mends what can be mended by machine, and writes the pages that are made from code."""
    made = tool("python", "docs/make_reason_codes.py") or tool(
        "python", "-m", "tests.resilience.failure_table"
    )
    return made or tool("ruff", "check", "--fix", *options) or tool("ruff", "format", *options)


def bench(options: list[str]) -> int:
    """The measurements, written to docs/benchmarks.md."""
    return tool("python", "-m", "benchmarks", *options, quiet=True)


def chaos(options: list[str]) -> int:
    """Stories drawn from seeds, lived undisturbed and disturbed, and compared."""
    return tool("python", "-m", "tests.resilience.chaos", *options, quiet=True)


def mutants(options: list[str]) -> int:
    """Small defects planted everywhere in a package, and how many of them the tests notice."""
    return tool("python", "-m", "tests.mutation", *options, quiet=True)


def pictures(options: list[str]) -> int:
    """The pictures of the manual, taken anew from the demonstration and from a fresh installation."""
    return tool("python", "-m", "tests.browser.manual", *options, quiet=True)


COMMANDS = {
    "demo": demo,
    "test": test,
    "check": check,
    "fix": fix,
    "bench": bench,
    "chaos": chaos,
    "mutants": mutants,
    "pictures": pictures,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
