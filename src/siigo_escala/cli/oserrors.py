"""What the operating system says of a file, in Spanish: its own words are English."""

from __future__ import annotations

import errno

_SPANISH = {
    errno.ENOENT: "no existe",
    errno.EACCES: "sin permiso",
    errno.EPERM: "sin permiso",
    errno.EEXIST: "ya existe, y no es lo que debería ser",
    errno.ENOTDIR: "una parte de la ruta no es una carpeta",
    errno.EISDIR: "es una carpeta",
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
}


def why(problem: OSError) -> str:
    """The cause in a few words; the error's number where we have none."""
    if problem.errno is None:
        return "error del disco"
    return _SPANISH.get(problem.errno, f"error {problem.errno} del sistema")
