"""What protoc says of .proto files: a list of {path: text} comes in on stdin, the first path of each is compiled; a list of
errors goes out, empty for a file that compiles."""

import json
import os
import sys
import tempfile

from grpc_tools import protoc

well_known = os.path.join(os.path.dirname(protoc.__file__), "_proto")


def compile_in_child(arguments, errors):
    # In a process of its own: some files end protoc instead of being refused.
    child = os.fork()
    if child == 0:
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT, 0o600), 2)
        os._exit(protoc.main(arguments))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def verdict(files):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            target = os.path.join(folder, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w") as file:
                file.write(text)
        errors = os.path.join(folder, "errors")
        main = next(iter(files))
        code = compile_in_child(
            ["protoc", "-I" + folder, "-I" + well_known, "--descriptor_set_out=" + os.devnull, main], errors
        )
        with open(errors, errors="replace") as file:
            lines = [line.replace(folder + "/", "") for line in file.read().splitlines() if "warning:" not in line]
        return "" if code == 0 else "; ".join(lines) or f"ended with {code}"


json.dump([verdict(files) for files in json.load(sys.stdin)], sys.stdout)
