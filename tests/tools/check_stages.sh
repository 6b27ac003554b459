#!/usr/bin/env bash
# tools/check (the argument) names a stage that it does not have, in one line, before it does anything.
set -u
lines=$("$1" format nonsense 2>&1) && exit 1
[[ $lines == *"no stage 'nonsense'"* && $lines != *$'\n'* ]]
