"""Why a file or the database refused, in Spanish: the system's and the databases' own words are English."""

from __future__ import annotations

import errno

_OF_FILES = {
    errno.ENOENT: "no existe",
    errno.EACCES: "sin permiso",
    errno.EPERM: "sin permiso",
    errno.EEXIST: "ya existe, y no es lo que debería ser",
    errno.ENOTDIR: "una parte de la ruta no es una carpeta",
    errno.EISDIR: "es una carpeta",
    errno.ENOTEMPTY: "la carpeta no está vacía",
    errno.ENOSPC: "no queda espacio en el disco",
    errno.EDQUOT: "se acabó la cuota de disco",
    errno.EROFS: "el disco es de solo lectura",
    errno.EFBIG: "el archivo pasa del tamaño permitido",
    errno.EMFILE: "hay demasiados archivos abiertos",
    errno.ENFILE: "hay demasiados archivos abiertos",
    errno.ENAMETOOLONG: "el nombre es demasiado largo",
    errno.ELOOP: "los enlaces dan vueltas",
    errno.EIO: "error del disco",
    errno.EADDRINUSE: "la dirección ya está en uso",
    errno.EADDRNOTAVAIL: "la dirección no es de este equipo",
    errno.ETXTBSY: "el archivo está en uso",
    errno.EBUSY: "el archivo está en uso",
    errno.EPIPE: "quien leía la salida se fue",
    errno.ENOMEM: "no queda memoria",
}
_OF_DATABASES = (
    ("is full", "no queda espacio en el disco"),
    ("no space left", "no queda espacio en el disco"),
    ("disk i/o error", "error del disco"),
    ("readonly database", "la base de datos es de solo lectura"),
    ("read-only", "la base de datos es de solo lectura"),
    ("unable to open", "no se puede abrir la base de datos"),
    ("is locked", "la base de datos está ocupada"),
    ("not a database", "el archivo no es una base de datos"),
    ("malformed", "la base de datos está dañada"),
    # What a server answers stands in one message with "connection failed": the answer comes first.
    ("authentication failed", "el servidor de la base de datos rechazó el usuario o la clave"),
    ("permission denied", "sin permiso"),
    ("does not exist", "no existe"),
    ("server closed the connection", "el servidor de la base de datos cortó la conexión"),
    ("starting up", "el servidor de la base de datos está arrancando"),
    ("connection refused", "el servidor de la base de datos no responde"),
    ("could not connect", "el servidor de la base de datos no responde"),
    ("timeout expired", "el servidor de la base de datos no responde"),
    ("connection failed", "el servidor de la base de datos no responde"),
)
_ABSENT = (
    "connection refused", "could not connect", "could not translate", "name resolution", "timeout expired",
    "timed out", "no route to host", "unreachable", "server closed the connection", "starting up",
    "shutting down", "too many clients", "too many connections", "connection is closed",
)  # fmt: skip


def of_file(problem: OSError) -> str:
    """The cause in a few words, without the file's name."""
    if not problem.errno:
        return "error del disco"
    return _OF_FILES.get(problem.errno, f"error {problem.errno} del sistema")


def is_out_of_reach(problem: BaseException) -> bool:
    """Whether a database server gives no answer today and may tomorrow; what it refuses is something else."""
    said = str(problem).casefold()
    return type(problem).__name__ in ("OperationalError", "InterfaceError") and any(
        words in said for words in _ABSENT
    )


def in_spanish(problem: BaseException) -> str:
    """The cause in a few words, with the file's name where there is one; never the library's own words."""
    if isinstance(problem, OSError):
        why = of_file(problem)
        return f"«{problem.filename}»: {why}" if problem.filename else why
    said = str(problem).casefold()
    unknown = f"error de la base de datos, {type(problem).__name__}"
    return next((why for words, why in _OF_DATABASES if words in said), unknown)
