#!/usr/bin/env bash
# The tokens that the tests of qlang/trust/token work with: SoftHSM2 and NSS from the system's packages, and an NSS
# with native ML-DSA, unpacked into build/tokens. Says what it could not do; fails only without SoftHSM2.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo -n "$@"
  else return 1; fi
}

install_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "tokens: no apt-get here; install SoftHSM2 and NSS's certutil by hand" >&2
  elif ! as_root sh -c 'apt-get -q update >/dev/null; DEBIAN_FRONTEND=noninteractive apt-get -qy install softhsm2 libnss3-tools >/dev/null'; then
    echo "tokens: apt-get could not install softhsm2 and libnss3-tools (not root, or no network)" >&2
  fi
}

# Debian's rolling release has it; it runs on older ones with glibc 2.34. The version and its digest are pinned.
NSS=libnss3_3.132-1_amd64.deb
SHA256=c3cfd0fade27d433b902cc3b49f4de324ce4771c7367ef880c022b3babcde1b4
fetch_nss() {
  local folder=build/tokens mirror
  [ -e "$folder/nss/usr/lib/x86_64-linux-gnu/libsoftokn3.so" ] && return
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep '/debian/\?$' | head -n 1)
  if [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ] || [ -z "$mirror" ]; then
    echo "tokens: NSS with ML-DSA is fetched on Debian, amd64 only" >&2
    return
  fi
  mkdir -p "$folder"
  if /usr/lib/apt/apt-helper download-file "${mirror%/}/pool/main/n/nss/$NSS" "$folder/$NSS" "SHA256:$SHA256" >/dev/null 2>&1; then
    dpkg-deb --extract "$folder/$NSS" "$folder/nss"
  else
    echo "tokens: $NSS cannot be had any more, or not from here" >&2
  fi
  rm -f "$folder/$NSS"
}

command -v softhsm2-util >/dev/null && command -v certutil >/dev/null || install_packages
[ "${1:-}" = --all ] && fetch_nss
command -v softhsm2-util >/dev/null
