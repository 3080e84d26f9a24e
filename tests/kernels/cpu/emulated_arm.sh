#!/usr/bin/env bash
# Tests of the CPU kernels on an emulated ARM64 processor (QEMU, user mode): whether NEON code is right, not how fast it
# is. Python for arm64 comes from Debian's packages, unpacked under build/arm, libraries in the versions of this
# environment from the package index; of the system only qemu-user-static is installed.
# Arguments are given to pytest; without, the tests of the kernels and of the states that run on them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

bin=${VENV:-.venv}/bin
arm=$PWD/build/arm
tests=(tests/kernels/cpu tests/backends/test_native_state.py tests/backends/test_native_batches.py tests/backends/test_native.py)
packages=(numpy llvmlite lark xdsl cryptography rfc8785 hypothesis pytest pytest-asyncio)

apt() {
  apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::Lists="$arm/lists" \
    -o Dir::State::status="$arm/status" -o Dir::Cache="$arm/cache" -o Debug::NoLocking=true "$@"
}

fetch_python() {
  mkdir -p "$arm"/{lists,cache/archives}/partial "$arm/system"
  : >"$arm/status"
  apt update >/dev/null
  apt install --yes --download-only --no-install-recommends python3 libstdc++6 zlib1g >/dev/null
  for package in "$arm"/cache/archives/*.deb; do dpkg-deb --extract "$package" "$arm/system"; done
}

write_python() {
  # Its own name is this file's, so that the processes that it starts are emulated too.
  cat >"$arm/python" <<PYTHON
#!/bin/sh
exec env PYTHONHOME="$arm/system/usr" PYTHONPATH="$PWD:$arm/site" PYTHONDONTWRITEBYTECODE=1 XDG_CACHE_HOME="$arm/home" \\
  qemu-aarch64-static -0 "$arm/python" -L "$arm/system" "$arm/system/usr/bin/python3" "\$@"
PYTHON
  chmod +x "$arm/python"
}

fetch_libraries() {
  local version platforms=() pins
  version=$("$arm/python" -c 'import sys; print("%d%d" % sys.version_info[:2])')
  for tag in 2014 _2_17 _2_26 _2_27 _2_28 _2_34; do platforms+=(--platform "manylinux${tag}_aarch64"); done
  pins=$("$bin/python" -c 'import sys; from importlib.metadata import version
print(*(f"{name}=={version(name)}" for name in sys.argv[1:]))' "${packages[@]}")
  # shellcheck disable=SC2086  # one word for each pin
  "$bin/python" -m pip --quiet --disable-pip-version-check install --target "$arm/site" --only-binary=:all: \
    --python-version "$version" --implementation cp --abi "cp$version" --abi abi3 --abi none "${platforms[@]}" $pins
}

command -v qemu-aarch64-static >/dev/null || { apt-get -q update && apt-get -qy install qemu-user-static; } >/dev/null
[ -x "$arm/system/usr/bin/python3" ] || fetch_python
write_python
[ -d "$arm/site" ] || fetch_libraries
"$arm/python" -c 'from qlang.kernels.cpu.host import host_target; print(host_target())'
exec "$arm/python" -m pytest -q -rsfE -p no:cacheprovider "${@:-${tests[@]}}"
