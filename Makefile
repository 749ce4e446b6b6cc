# SPDX-License-Identifier: Apache-2.0
# A thin front for Meson; `make demo` and `make check` do all their set-up on a fresh Debian 12.
BUILD ?= build
PREFIX ?= /usr/local
NINJA = ninja -C $(BUILD)
export LC_ALL = C.UTF-8

all: $(BUILD)/build.ninja
	@$(NINJA)

# Debian packages, where there are apt and the right to use it; says what is missing elsewhere.
deps:
	@tools/install-packages build

$(BUILD)/build.ninja:
	@tools/install-packages build
	@meson setup --prefix $(PREFIX) $(BUILD) >/dev/null

# Makes a real nginx image from Debian packages, hardens it, and says what to look at next.
demo:
	@tools/install-packages build demo
	@$(MAKE) --no-print-directory all
	@tools/demo $(BUILD)

# Every test; the last line is "N passed, N failed".
check:
	@tools/install-packages build demo test
	@tests/run

# The slow ones too: aarch64, fuzzing for minutes, ten retraces.
check-full:
	@tools/install-packages build demo test full
	@tests/run --full

bench-init: all
	@tools/install-packages build bench
	@tests/bench/run init

bench: all
	@tools/install-packages build demo test bench full
	@tests/bench/run

# FUZZ_SECONDS for each target.
fuzz:
	@tools/install-packages build test
	@tests/fuzz $(or $(FUZZ_SECONDS),60)

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: $(BUILD)/build.ninja
	@meson configure --prefix $(PREFIX) $(BUILD)
	@$(NINJA)
	@meson install --no-rebuild -C $(BUILD)

clean:
	rm -rf $(BUILD) build-dev build-fuzz

.PHONY: all deps demo check check-full bench bench-init fuzz format install clean
