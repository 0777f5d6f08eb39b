#!/bin/sh
# Makes configure from configure.ac. Debian: apt-get install autoconf automake libtool pkg-config
cd "$(dirname "$0")" && exec autoreconf --install --force --warnings=all
