"""Keep a process from opening sockets, for good.

What the text of a query calls is looked at before it is evaluated; this stands behind it, should
the evaluator read a text in another way. The system refuses the call, so the evaluator gets an
error as from a network that is not there.

Source: seccomp(2), prctl(2), linux/filter.h, linux/seccomp.h. libseccomp would do it for more
systems; its Python binding is no package that installs by itself.
Used by ``zygote``.
"""

import ctypes
import errno
import os
import sys

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_LOAD, _IS_EQUAL, _RETURN = 0x20, 0x15, 0x06
"""Instructions of the filter: load a word, jump if it equals a constant, return."""
_SOCKET = {"x86_64": 41, "aarch64": 198}
"""The number of socket(2), by machine."""


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def deny_sockets() -> bool:
    """Let socket(2) fail in this thread and all it starts; return whether the system does that."""
    number = _SOCKET.get(os.uname().machine) if sys.platform == "linux" else None
    if number is None:
        return False
    steps = (_Step * 4)(
        _Step(_LOAD, 0, 0, 0),  # the number of the call stands first
        _Step(_IS_EQUAL, 0, 1, number),
        _Step(_RETURN, 0, 0, _REFUSE),
        _Step(_RETURN, 0, 0, _ALLOW),
    )
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    program = _Program(len(steps), steps)
    return bool(system.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)
