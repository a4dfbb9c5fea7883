#!/bin/sh
# Makes the passwords that compose.yaml wants, in ./secrets: a folder that only its owner can enter, with files that the programs in
# their containers can read. What is there stays.
set -eu
umask 077
cd "$(dirname "$0")/../.."
mkdir -p secrets

# 192 bits in hex: nothing in it has to be escaped in a URL.
password() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

make() {
  [ ! -e "secrets/$1" ] || return 0
  printf '%s\n' "$2" >"secrets/$1.new"
  chmod 0444 "secrets/$1.new"
  mv "secrets/$1.new" "secrets/$1"
  echo "made secrets/$1"
}

make database-password "$(password)"
make database-owner-url "postgres://pulsewire_owner:$(password)@database/pulsewire"
make database-url "postgres://pulsewire:$(password)@database/pulsewire"
