# SPDX-License-Identifier: GPL-2.0-only
#
#   make            build/daxdm
#   make libs       which libraries are here, and which package brings a missing one
#   make libperf    libperf from the kernel source package, for bench --counters; then make again
#   make unit       the unit tests, under ASan and UBSan
#   make fuzz       the fuzz harnesses of tests/fuzz/, FUZZ_SECONDS (60) of each
#   make install    DESTDIR, PREFIX (/usr/local): the program, its data, man page and completion; make uninstall
#   make dist       build/daxdm-VERSION.tar.xz
#   make bench | check | test | lint | list [ARGS="..."]    the verbs of run.sh
#   make V=1        show the commands
#
# Nothing here depends on git or on the clock: the same sources give the same binary, bit for bit,
# because snapshots of the emulated host are kept by it.

CC     ?= cc
CLANG  ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
CFLAGS ?= -O2 -g
V      ?= 0
Q      := $(if $(filter 0,$(V)),@)

# pkg-config name : Debian package
LIBS      := devmapper:libdevmapper-dev libndctl:libndctl-dev libdaxctl:libdaxctl-dev \
             blkid:libblkid-dev jansson:libjansson-dev liburing:liburing-dev libpmem:libpmem-dev \
             libbpf:libbpf-dev gsl:libgsl-dev
TEST_LIBS := cmocka:libcmocka-dev
pkg        = $(foreach lib,$(1),$(firstword $(subst :, ,$(lib))))

VERSION    := $(shell cat VERSION)
# $$PWD: the shell has the name of this directory, so that no part of it is read as shell code.
ALL_CFLAGS := -std=c11 -D_GNU_SOURCE -DDAXDM_VERSION='"$(VERSION)"' -Wall -Wextra -Werror -I. -Ibuild/gen \
              "-ffile-prefix-map=$$PWD=." $(CFLAGS) \
              $(shell pkg-config --cflags $(call pkg,$(LIBS)) 2>/dev/null)
# libperf is built by `make libperf`, from the kernel source; without it there are no hardware counters
# (bench --counters).
LIBPERF    := $(wildcard build/libperf/version)
ALL_CFLAGS += $(if $(LIBPERF),-DDAXDM_LIBPERF='"$(shell cat $(LIBPERF))"' -isystem build/libperf/include)
# GSL is linked statically: a few functions of it, and the guest's initramfs needs no copy of the rest.
LDLIBS     := $(patsubst -lgsl%,-l:libgsl%.a,$(shell pkg-config --libs $(call pkg,$(LIBS)) 2>/dev/null)) $(if $(LIBPERF),build/libperf/libperf.a build/libperf/libapi.a) -lm

# Sources stand in a folder or in a folder of it; emu/plugin/ and emu/preload/ are built for QEMU.
c_files = $(wildcard $(foreach dir,$(1),$(dir)/*.c $(dir)/*/*.c))
BPF  := $(sort $(wildcard lib/*/*.bpf.c))
SRCS := $(sort $(filter-out $(BPF) emu/plugin/% emu/preload/%,$(call c_files,lib bench check report cli emu)))
OBJS := $(SRCS:%.c=build/obj/%.o)

# The unit tests and the fuzz harnesses link what they need of the same sources, compiled once more with sanitisers and,
# for libFuzzer, a part of clang, with coverage.  -O0 compiles in half of the time of -O1, which pays where a test
# calculates for long.
SANITISE := -Wno-gnu -Wno-missing-field-initializers -O0 -gline-tables-only -fno-omit-frame-pointer \
            -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
# ld takes a second for each test, lld a third of one.
SAN_LINK := $(if $(wildcard /usr/bin/ld.lld),-fuse-ld=lld) $(LDFLAGS)
SAN_OBJS := $(patsubst %.c,build/san/%.o,$(filter-out cli/main.c,$(SRCS)))
FUZZ_SECONDS ?= 60
FUZZERS     := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

# Each folder of tests/unit/ tests the sources of the folder of its name.
UNITS    := $(patsubst tests/unit/%.c,build/test/%,$(sort $(call c_files,$(wildcard tests/unit/*))))

# Without these make looks for a rule by which each header is made, for a second each time.
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all install uninstall dist libs libperf unit unit-build fuzz fuzz-build clean bench check test lint list FORCE

all: build/daxdm build/qemu_preload.so

# Runs name the build that measured by it.
BUILD_ID := -Wl,--build-id

build/daxdm: $(OBJS) | build/qemu_preload.so
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(BUILD_ID) $(LDFLAGS) -o $@ $(OBJS) $(LDLIBS)

PRELOAD := emu/preload/flush_fault.c emu/preload/main_loop.c emu/preload/spin.c

build/qemu_preload.so: $(PRELOAD) lib/base/flush_fault.h build/flags
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC -shared -fvisibility=hidden -o $@ $(PRELOAD) -lpthread -ldl

# Benchmarks time code of their own, too: it is the same whatever CFLAGS optimise for.
build/obj/bench/%.o build/other/bench/%.o: TIMED := -O2 -fno-stack-protector -Wp,-U_FORTIFY_SOURCE

# A failed check names the line that complained: lib/base/source_place.c follows frame pointers.
build/obj/check/%.o build/other/check/%.o: TIMED := -fno-omit-frame-pointer -fno-optimize-sibling-calls

# ---- installation ------------------------------------------------------------------------------

PREFIX ?= /usr/local
SHARE   = $(DESTDIR)$(PREFIX)/share
LIBEXEC = $(DESTDIR)$(PREFIX)/lib/daxdm

# Below PREFIX/share/daxdm it is as in a checkout.  Of the published results those that are compared with, and what the
# reports of kernel bugs quote.
DATA := run.sh packages.txt cli/driver/*.sh emu/*.sh emu/init emu/lvm.conf emu/plugin/*.c plot/* workloads/* check/known/* \
        check/known/reproduce/* results/published/bugs.tsv results/published/bugs/*.txt \
        $(patsubst %,results/published/%/run.jsonl,checks-* linux-* linux-*/*)
DATA := $(filter-out %.mail.txt check/known/reproduce,$(wildcard $(DATA)))
DOCS := README.md $(wildcard doc/*.md)

install: build/daxdm
	@echo "  INSTALL $(DESTDIR)$(PREFIX)"
	$(Q)install -D -m 755 build/daxdm "$(LIBEXEC)/daxdm"
	$(Q)install -m 644 build/qemu_preload.so "$(LIBEXEC)/"
	$(Q)for file in $(DATA); do \
		mode=644; [ ! -x $$file ] || mode=755; \
		install -D -m $$mode $$file "$(SHARE)/daxdm/$$file" || exit; \
	done
	$(Q)for file in $(DOCS); do install -D -m 644 $$file "$(SHARE)/doc/daxdm/$$file" || exit; done
	$(Q)install -d "$(DESTDIR)$(PREFIX)/bin" "$(SHARE)/man/man1" "$(SHARE)/bash-completion/completions"
	$(Q)echo ../../lib/daxdm >"$(SHARE)/daxdm/installed"
	$(Q)ln -sf ../share/daxdm/run.sh "$(DESTDIR)$(PREFIX)/bin/daxdm"
	$(Q)DAXDM_DATA=/ build/daxdm help --format man >"$(SHARE)/man/man1/daxdm.1"
	$(Q)DAXDM_DATA=/ build/daxdm help --format bash >"$(SHARE)/bash-completion/completions/daxdm"
	$(Q)chmod 644 "$(SHARE)/daxdm/installed" "$(SHARE)/man/man1/daxdm.1" "$(SHARE)/bash-completion/completions/daxdm"

uninstall:
	$(Q)rm -rf "$(LIBEXEC)" "$(SHARE)/daxdm" "$(SHARE)/doc/daxdm"
	$(Q)rm -f "$(DESTDIR)$(PREFIX)/bin/daxdm" "$(SHARE)/man/man1/daxdm.1" "$(SHARE)/bash-completion/completions/daxdm"

# ---- the source archive ------------------------------------------------------------------------

# The same files give the same bytes: those that git knows, or all of an exported folder; the time is that of
# debian/changelog.  Left out are the runs of the largest ladder, 24 MB; its pages are there.
DIST    := daxdm-$(VERSION)
DIST_XZ ?= xz -T1

dist:
	$(Q)mkdir -p build
	$(Q){ if [ -e .git ]; then git ls-files -z; else find . -name build -prune -o ! -type d -printf '%P\0'; fi; } | \
		grep -zvE '^(build|debian/(\.debhelper|daxdm|files|debhelper-build-stamp|.*\.(log|substvars)))(/|$$)|^results/($$|[^p]|p[^u])|^results/published/ladder-insn/(.*/|kernels\.tsv)' | \
		LC_ALL=C sort -z >build/dist.list
	$(Q)tar --create --null --no-recursion --verbatim-files-from --files-from build/dist.list --hard-dereference \
		--format=gnu --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r,go-w --transform 'flags=r;s|^|$(DIST)/|' \
		--mtime "$${SOURCE_DATE_EPOCH:+@}$${SOURCE_DATE_EPOCH:-$$(sed -n '/^ -- /{s/.*>  //p;q}' debian/changelog)}" \
		--file build/$(DIST).tar
	$(Q)$(DIST_XZ) -f build/$(DIST).tar
	@echo "  DIST    build/$(DIST).tar.xz"

# ---- another build -----------------------------------------------------------------------------

# Another build of the same program, for gate-selftest --full.
OTHER_OBJS := $(OBJS:build/obj/%=build/other/%)
build/other/%.o: %.c build/flags | build/libs-seen $(BPF:%.bpf.c=build/gen/%.skel.h)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(ALL_CFLAGS) -O1 $(TIMED) -MMD -MP -c -o $@ $<

build/other/daxdm: $(OTHER_OBJS)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) -O1 $(BUILD_ID) $(LDFLAGS) -o $@ $(OTHER_OBJS) $(LDLIBS)

# BPF programs, and the header by which libbpf loads them.  -g: fentry needs BTF.
build/gen/%.bpf.o: %.bpf.c build/flags | build/libs-seen
	@mkdir -p $(@D)
	@echo "  BPF     $<"
	$(Q)$(CLANG) -target bpf -O2 -g -Wall -Werror -I. -D__TARGET_ARCH_x86 \
		-I/usr/include/$(shell $(CC) -dumpmachine) -fdebug-compilation-dir=. -MMD -MP -c -o $@ $<

build/gen/%.skel.h: build/gen/%.bpf.o
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf >$@

build/obj/%.o: %.c build/flags | build/libs-seen
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(TIMED) -MMD -MP -c -o $@ $<

build/san/report/compare/%.o build/san/report/table/%.o build/san/lib/dev/%.o build/san/tests/unit/report/compare/%.o: \
	SAN_OPTIMISE := -O1

build/san/%.o: %.c build/flags | build/libs-seen
	@mkdir -p $(@D)
	@echo "  CC san  $<"
	$(Q)$(CLANG) $(ALL_CFLAGS) $(SANITISE) $(SAN_OPTIMISE) -MMD -MP -c -o $@ $<

# An archive, so that a test pulls in only what it calls.
build/san/libdaxdm.a: $(SAN_OBJS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && ar rcsD $@ $(SAN_OBJS)

build/test/%: build/san/tests/unit/%.o build/san/libdaxdm.a
	@mkdir -p $(@D)
	@echo "  LD test $@"
	$(Q)$(CLANG) -fsanitize=address,undefined $(SAN_LINK) -o $@ $^ $(LDLIBS) -lcmocka

unit-build: $(UNITS)

unit: $(UNITS)
	@status=0; for t in $(UNITS); do echo "  TEST    $$t"; timeout 120 $$t || status=1; done; \
	exit $$status

$(FUZZERS): build/fuzz/%: build/san/tests/fuzz/%.o build/san/libdaxdm.a
	@mkdir -p $(@D)
	@echo "  LD fuzz $@"
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined $(SAN_LINK) -o $@ $^ $(LDLIBS)

fuzz-build: $(FUZZERS)

fuzz: $(FUZZERS)
	@tests/fuzz/run.sh $(FUZZ_SECONDS)

# Rewritten only when the flags changed, so that everything is rebuilt then and only then.
build/flags: export FLAGS_TEXT = $(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LDLIBS)
build/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS_TEXT" | cmp -s - $@ || printf '%s\n' "$$FLAGS_TEXT" >$@

# One line per library; stops at the end if one is missing that the build needs.
libs:
	@command -v pkg-config >/dev/null || \
		{ echo "  missing pkg-config: apt-get install pkg-config" >&2; exit 1; }
	@command -v $(CLANG) >/dev/null || \
		{ echo "  missing clang: apt-get install clang" >&2; exit 1; }
	@command -v $(BPFTOOL) >/dev/null || \
		{ echo "  missing bpftool: apt-get install bpftool" >&2; exit 1; }
	@missing=; \
	for lib in $(LIBS) $(TEST_LIBS); do \
		name=$${lib%%:*}; package=$${lib#*:}; \
		if pkg-config --exists $$name; then \
			echo "  found   $$name $$(pkg-config --modversion $$name)"; \
		else \
			case " $(TEST_LIBS) " in \
			*" $$lib "*) use=" (only for the tests)";; \
			*) use=; missing="$$missing $$package";; \
			esac; \
			echo "  missing $$name: apt-get install $$package$$use"; \
		fi; \
	done; \
	if [ -s build/libperf/version ]; then \
		echo "  found   libperf, built from $$(cat build/libperf/version)"; \
	else \
		echo "  missing libperf: make libperf (only for bench --counters)"; \
	fi; \
	if [ -n "$$missing" ]; then \
		echo "libraries are missing; as root: apt-get install$$missing" >&2; exit 1; \
	fi

libperf:
	@lib/meter/libperf.sh

build/libs-seen: Makefile $(LIBPERF)
	@$(MAKE) --no-print-directory libs
	@mkdir -p $(@D) && touch $@

bench check test lint list:
	@./run.sh $@ $(ARGS)

clean:
	@./run.sh clean

# X.c includes the skeleton of X.bpf.c; the first build has no .d file that says so.
$(foreach b,$(BPF),$(eval build/obj/$(b:.bpf.c=.o) build/san/$(b:.bpf.c=.o): build/gen/$(b:.bpf.c=.skel.h)))

-include $(BPF:%.c=build/gen/%.d) $(OBJS:.o=.d) $(OTHER_OBJS:.o=.d)
# Each command of run.sh makes all: it does not read what the tests depend on.
ifneq ($(filter-out all,$(MAKECMDGOALS)),)
-include $(SAN_OBJS:.o=.d) $(UNITS:build/test/%=build/san/tests/unit/%.d) $(FUZZERS:build/fuzz/%=build/san/tests/fuzz/%.d)
endif
