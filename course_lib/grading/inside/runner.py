"""The process inside the sandbox: runs cells, answers calls, forks for a question. Nothing here is trusted.

It obeys messages `{"do": ..., ...}` that come through a socket:

    run     execute a cell; the reply has what it showed and what it raised
    call    call a name, a handle or a handle's method; the reply has a value, an error, or a refusal to send
    calls   call a name again and again; the reply has all answers, or none where something went wrong
    get     read a name, or an attribute of a handle
    fork    a copy of this process takes over the socket that comes along
    end     kill such a copy; the reply says how it ended
"""

from __future__ import annotations

import copy
import gc
import os
import resource
import signal
import socket
import sys
import time
import types

import numpy as np

from . import cells, frames

MAX_MESSAGE = 2000  # characters of an exception's text that may cross
_UNCHANGING = (type(None), bool, int, float, complex, str)
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)


class Server:
    """Obeys the messages that come through one socket."""

    def __init__(self, wall: socket.socket, namespace: dict):
        self.wall, self.namespace, self.handles = wall, namespace, []
        self.display = cells.Display(namespace)

    def serve(self):
        while True:
            message, descriptors = self.receive()
            if message["do"] == "fork":
                self._fork(descriptors[0], message["silent"])
            else:
                self.send(getattr(self, message["do"])(message))

    def run(self, message) -> dict:
        _allow_seconds(message["seconds"])
        error = self.display.execute(message["source"], message["name"])
        return {"shown": self.display.take(), "error": error and _describe(error)}

    def call(self, message) -> dict | bytes:
        _allow_seconds(message["seconds"])
        try:
            answer = _called(self._target(message), message["args"], message["kwargs"])
        except BaseException as error:
            return {"error": _describe(error)}
        return self._answer(*answer, message["keep"])

    def calls(self, message) -> dict | bytes:
        _allow_seconds(message["seconds"])
        try:
            target = self._target(message)
            # Copies, since a call may write to what one before it returned.
            answers = []
            for args, kwargs in message["calls"]:
                value, changed = _called(target, args, kwargs)
                answers.append((copy.deepcopy(cells.plain(value)), changed))
            return frames.encode({"answers": answers})
        except BaseException:
            return {"answers": None}

    def get(self, message) -> dict | bytes:
        _allow_seconds(message["seconds"])
        try:
            value = self._target(message)
        except BaseException as error:
            return {"error": _describe(error)}
        if isinstance(value, _FUNCTIONS) or callable(value) and not message["keep"]:
            return {"callable": True}
        return self._answer(value, [], message["keep"])

    def end(self, message) -> dict:
        pid, until = message["pid"], time.monotonic() + message["patience"]
        done, status = os.waitpid(pid, os.WNOHANG)
        while not done and time.monotonic() < until:
            time.sleep(0.005)
            done, status = os.waitpid(pid, os.WNOHANG)
        if not done:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
        return {"status": os.waitstatus_to_exitcode(status)}

    def receive(self) -> tuple[dict, list[int]]:
        data, descriptors, size = bytearray(), [], frames.LENGTHS.size
        while len(data) < size:
            part, more, _, _ = socket.recv_fds(self.wall, 1 << 16, 1)
            data += part or os._exit(0)
            descriptors += more
            if len(data) >= frames.LENGTHS.size:
                size = frames.LENGTHS.size + sum(frames.lengths(data[: frames.LENGTHS.size]))
        return frames.decode(*frames.split(data), self._special), descriptors

    def send(self, answer: dict | bytes):
        self.wall.sendall(answer if type(answer) is bytes else frames.encode(answer))

    def _target(self, message):
        if message["handle"] is not None:
            target = self.handles[message["handle"]]
            return getattr(target, message["name"]) if message["name"] else target
        if message["name"] not in self.namespace:
            raise NameError(f"name '{message['name']}' is not defined")
        return self.namespace[message["name"]]

    def _answer(self, value, changed: list, keep: bool) -> dict | bytes:
        try:
            return frames.encode({"value": cells.plain(value), "changed": changed}, self._keep if keep else None)
        except RecursionError:
            return {"odd": [type(value).__name__[:200], "something", "it is nested too deeply"]}
        except frames.Unsendable as refusal:
            return {"odd": [type(refusal.value).__name__[:200], _text(refusal.value)[:200], str(refusal)[:MAX_MESSAGE]]}

    def _keep(self, value):
        self.handles.append(value)
        return ["handle", len(self.handles) - 1, type(value).__name__[:200]]

    def _special(self, tag, items):
        if tag == "rng":
            generator = np.random.Generator(np.random.PCG64())
            state, increment, has, value = (int(item, 16) for item in items)
            generator.bit_generator.state = {"bit_generator": "PCG64", "state": {"state": state, "inc": increment},
                                             "has_uint32": has, "uinteger": value}
            return generator
        if tag == "ref":
            return self.namespace[items[0]]
        if tag == "handle":
            return self.handles[items[0]]
        raise frames.FrameError("an unknown tag")

    def _fork(self, descriptor: int, silent: bool):
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid:
            os.close(descriptor)
            self.send({"pid": pid})
            return
        self.wall.close()
        self.wall = socket.socket(fileno=descriptor)
        if silent:
            cells.silence()


def _called(target, args: tuple, kwargs: dict) -> tuple:
    """What a call returns, and the names or positions of the arguments that it changed."""
    before = [_fingerprint(value) for value in (*args, *kwargs.values())]
    value = target(*args, **kwargs)
    after = [_fingerprint(value) for value in (*args, *kwargs.values())]
    names = (*range(len(args)), *kwargs)
    return value, [name for name, one, other in zip(names, before, after) if one != other]


def _describe(error: BaseException) -> list:
    """Name, text and place of an exception, as far as they may cross."""
    return [type(error).__name__[:200], _text(error, str)[:MAX_MESSAGE], cells.place(error)[:MAX_MESSAGE]]


def _text(value, how=repr) -> str:
    try:
        return str(how(value))
    except BaseException as error:
        return f"<{how.__name__}() raised {type(error).__name__}>"


def _fingerprint(value):
    """Differs before and after a call if the call changed the argument; None for what is no plain value."""
    if type(value) in _UNCHANGING:
        return None
    if type(value) is np.ndarray and not value.dtype.hasobject:
        return value.dtype.str, value.shape, value.tobytes()
    try:
        return frames.encode(value)
    except frames.Unsendable:
        return None


def _allow_seconds(seconds: float):
    """Let the kernel end this process when it has computed that much longer."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(used.ru_utime + used.ru_stime + seconds + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _set_limits(limits: dict):
    """The limits of a single process; those of the sandbox as a whole are kept outside."""
    for name, value in limits.items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def warm_up():
    """What a fork need not do for the first time, nor copy."""
    frames.decode(*frames.split(frames.encode({"ready": np.zeros(1)})))
    gc.collect()
    gc.freeze()


def main(descriptor: int):
    module = types.ModuleType("__main__")
    server = Server(socket.socket(fileno=descriptor), module.__dict__)
    settings, _ = server.receive()
    _set_limits(settings["limits"])
    sys.modules["__main__"] = module
    cells.furnish(server.display, settings["allow"])
    for name in settings["import_first"]:
        __import__(name)
    warm_up()
    server.send({"ready": True})
    server.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
