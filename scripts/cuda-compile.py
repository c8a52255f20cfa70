"""Compiles each text of a folder by NVRTC and ptxas; prints registers and spills of each kernel; fails on a spill."""

import csv
import ctypes
import glob
import os
import re
import subprocess
import sys

ARCHITECTURES = (80, 90)
CU13 = glob.glob(os.path.join(sys.prefix, "lib", "python3*", "site-packages", "nvidia", "cu13"))[0]


def nvrtc():
    folder = os.path.join(CU13, "lib")
    for builtins in glob.glob(os.path.join(folder, "libnvrtc-builtins.so*")):
        ctypes.CDLL(builtins, mode=ctypes.RTLD_GLOBAL)
    return ctypes.CDLL(os.path.join(folder, "libnvrtc.so.13"))


def ptx(library, text, name, architecture):
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    # The options with which the kernels are launched: crates/cuda/src/gpu.rs.
    options = [b"--fmad=false", b"--gpu-architecture=compute_%d" % architecture]
    array = (ctypes.c_char_p * len(options))(*options)
    library.nvrtcCreateProgram(ctypes.byref(program), text, name.encode(), 0, None, None)
    status = library.nvrtcCompileProgram(program, len(options), array)
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    if status:
        sys.exit(f"{name}: {log.value.decode()}")
    library.nvrtcGetPTXSize(program, ctypes.byref(size))
    out = ctypes.create_string_buffer(size.value)
    library.nvrtcGetPTX(program, out)
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return out.value


def kernels(path, architecture):
    """(kernel, registers, stack bytes, spill bytes, shared bytes) of each kernel in a PTX file."""
    cubin = path.replace(".ptx", ".cubin")  # cuda-bench --compiled loads it without compiling anything
    command = [os.path.join(CU13, "bin", "ptxas"), "-v", f"-arch=sm_{architecture}", path, "-o", cubin]
    told = subprocess.run(command, capture_output=True, text=True)
    if told.returncode:
        sys.exit(told.stderr)
    pattern = (
        r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads"
        r".*?Used (\d+) registers(?:[^\n]*?(\d+) bytes smem)?"
    )
    for name, stack, stores, loads, registers, shared in re.findall(pattern, told.stderr, re.DOTALL):
        yield name, int(registers), int(stack), int(stores) + int(loads), int(shared or 0)


def main():
    folder, rows = sys.argv[1], []
    library = nvrtc()
    for source in sorted(glob.glob(os.path.join(folder, "*.cu"))):
        for architecture in ARCHITECTURES:
            path = source.replace(".cu", f".sm_{architecture}.ptx")
            with open(source, "rb") as text, open(path, "wb") as out:
                out.write(ptx(library, text.read(), os.path.basename(source), architecture))
            found = list(kernels(path, architecture))
            rows += [(name, f"sm_{architecture}", *rest) for name, *rest in found]
            most, spilt = max(row[1] for row in found), sum(row[3] for row in found)
            print(f"{os.path.basename(path):36} {len(found):3} kernels, {most:3} registers at most, {spilt} bytes spilt", flush=True)
    header = ("kernel", "architecture", "registers", "stack_bytes", "spill_bytes", "shared_bytes")
    if len(sys.argv) > 2:
        os.makedirs(sys.argv[2], exist_ok=True)
        with open(os.path.join(sys.argv[2], "registers.csv"), "w", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([header, *sorted(rows)])
    spilt = [row for row in rows if row[4] or row[3]]
    for row in spilt:
        print(f"{row[0]} ({row[1]}): {row[4]} bytes spilt, {row[3]} bytes of stack")
    if spilt:
        sys.exit(f"{len(spilt)} of {len(rows)} kernels spill")
    print(f"{len(rows)} kernels, no spill")


main()
