# llmxrec: one program, one library. `make demo` and `make check` are all a new user needs; `make help` lists the rest.

VERSION := $(shell sed -n 's/^\#define LLMX_VERSION "\(.*\)"/\1/p' include/llmxrec/llmxrec.h)
PREFIX  ?= /usr/local
CC      ?= cc
CLANG   ?= $(or $(shell ls -v /usr/bin/clang-[1-9]* 2>/dev/null | tail -n 1),clang)
BUILD   ?= build
ASSETS  := build/assets
SECONDS ?= 30

CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wno-psabi $(WERROR)
FLAGS   := -std=c17 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Iinclude -Isrc -I$(BUILD)/gen -fPIC \
           -fvisibility=hidden -fno-math-errno -ffp-contract=off -pthread $(WARN) $(SANITIZE)
LIBS    := -ldnnl -lgomp -lopenblas -ljansson -lpcre2-8 -lutf8proc -lyaml -lcurl -lmicrohttpd -lsqlite3 -lpq -lz -lm -pthread
# Test programs can make any of our allocations fail (tests/support/failing_alloc.h), and do not wait for the disk.
WRAP    := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc,--wrap=fsync

LIB_SRC := $(filter-out src/cli/%,$(wildcard src/*/*.c))
LIB_OBJ := $(LIB_SRC:src/%.c=$(BUILD)/obj/%.o)
CLI_OBJ := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/cli/*.c))
TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/*/test_*.c))
SUPPORT := $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/support/*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FORMAT  := $(wildcard src/*/*.[ch] include/llmxrec/*.h tests/*/*.[ch] bench/*.[ch] examples/*.c)

all: $(BUILD)/llmxrec ## build the program

demo: ## install what is missing, build, fetch data and model, train, recommend, explain, show, measure
	@tools/setup build demo
	@$(MAKE) --no-print-directory all assets
	@tools/demo

check: ## install what tests need, build, check the code's rules, run every test
	@tools/setup build demo check
	@$(MAKE) --no-print-directory all assets
	@tools/check-layers && tools/check-limits && tools/check-docs && tools/check-variety data/instructions/*.jsonl && tools/layout check $(FORMAT)
	@$(MAKE) --no-print-directory test

test: check-example test-all
test-all: $(BUILD)/llmxrec $(TESTS) $(FUZZERS:%=$(BUILD)/tests/fuzz/fuzz_%.o)
	@tools/run-tests $(TESTS)

test-locale: $(BUILD)/llmxrec $(TESTS) ## every test again, where numbers and letters are written otherwise
	@CC="$(CC)" tools/test-locale $(BUILD) $(TESTS)

assets: ## MovieLens-100k and SmolLM2-135M-Instruct, once, into build/assets
	@tools/fetch-assets $(ASSETS)

bench: $(BUILD)/llmxrec assets ## this machine's ceilings and how close each hot path comes
	$(BUILD)/llmxrec bench

SANE := -Wno-error -fno-omit-frame-pointer # sanitizers provoke false warnings
sanitize: ## all tests under ASan and UBSan, the threaded ones under TSan
	@ASAN_OPTIONS=allocator_may_return_null=1 $(MAKE) --no-print-directory BUILD=build/asan \
	    SANITIZE="-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all $(SANE)" test-all
	@TSAN_OPTIONS=suppressions=$(CURDIR)/tools/tsan.supp $(MAKE) --no-print-directory BUILD=build/tsan SANITIZE="-fsanitize=thread $(SANE)" test-threads

test-threads: $(BUILD)/llmxrec $(patsubst tests/%.c,$(BUILD)/tests/%,$(shell tools/threaded-tests))
	@tools/run-tests $(filter-out $<,$^)

fuzz: ## every parser for SECONDS seconds, starting from the corpus
	@tools/setup build fuzz
	@$(MAKE) --no-print-directory BUILD=build/fuzz CC=$(CLANG) $(FUZZERS:%=build/fuzz/fuzz/%) \
	    SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all $(SANE)"
	@tools/fuzz $(SECONDS) $(FUZZERS)

$(BUILD)/llmxrec: $(CLI_OBJ) $(BUILD)/objects.a
	@echo "  LINK $@"
	@$(CC) $(CFLAGS) $(SANITIZE) $^ $(LIBS) -o $@

# Archives: a test that brings a function of its own (a fake model) is linked without ours.
$(BUILD)/objects.a: $(LIB_OBJ)
$(BUILD)/commands.a: $(filter-out %/main.o,$(CLI_OBJ))
$(BUILD)/support.a: $(SUPPORT)
$(BUILD)/objects.a $(BUILD)/commands.a $(BUILD)/support.a:
	@rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/obj/%.o: src/%.c Makefile tools/compile
	@mkdir -p $(@D) && echo "  CC   $<"
	@LD="$(LD)" tools/compile $< $@ $(CC) $(FLAGS) $(CFLAGS)

$(BUILD)/gen/judges.inc: tools/embed-text $(patsubst %,templates/%.txt,judge single rubric)
$(BUILD)/gen/templates.inc: tools/embed-text $(patsubst %,templates/%.txt,reasons movies games news general) # built in
$(BUILD)/gen/words.inc: tools/embed-words $(wildcard data/words/*.txt)
$(BUILD)/gen/report.inc: tools/embed-text src/report/web/page.css src/report/web/sort.js
$(BUILD)/gen/web.inc: tools/embed-text $(wildcard src/serve/web/*)
$(BUILD)/gen/%.inc:
	@mkdir -p $(@D) && $^ >$@
$(patsubst %,$(BUILD)/obj/%.o,explain/template gate/lists report/report judge/judge_prompt serve/web): $(patsubst %,$(BUILD)/gen/%.inc,templates words report judges web)

$(BUILD)/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D) && echo "  CC   $<"
	@$(CC) $(FLAGS) $(CFLAGS) -Itests -MMD -MP -c $< -o $@

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/support.a $(BUILD)/commands.a $(BUILD)/objects.a
	@echo "  LINK $@"
	@$(CC) $(CFLAGS) $(SANITIZE) -Wl,--start-group $^ -Wl,--end-group $(LIBS) -lcmocka $(WRAP) -o $@

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/commands.a $(BUILD)/objects.a
	@mkdir -p $(@D) && echo "  LINK $@"
	@$(CC) $(CFLAGS) $(SANITIZE) -fsanitize=fuzzer $^ $(LIBS) -o $@

# What is installed shows the llmx_ names alone, in the static library too.
$(BUILD)/libllmxrec.a: $(LIB_OBJ)
	@echo "  AR   $@"
	@$(LD) -r -o $(BUILD)/llmxrec.o $^ && objcopy --localize-hidden $(BUILD)/llmxrec.o
	@rm -f $@ && $(AR) rcs $@ $(BUILD)/llmxrec.o

$(BUILD)/libllmxrec.so.$(VERSION): $(LIB_OBJ)
	@echo "  LINK $@"
	@$(CC) $(CFLAGS) $(SANITIZE) -shared -Wl,-soname,libllmxrec.so.0 $^ $(LIBS) -o $@

LIBRARIES := $(BUILD)/libllmxrec.a $(BUILD)/libllmxrec.so.$(VERSION)
install: all $(LIBRARIES) ## PREFIX=/usr/local, DESTDIR=
	install -D -m 755 $(BUILD)/llmxrec $(DESTDIR)$(PREFIX)/bin/llmxrec
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/llmxrec/adapters/reasons data/adapters/reasons/*
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include/llmxrec include/llmxrec/*.h
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib $(BUILD)/libllmxrec.a
	install -m 755 $(BUILD)/libllmxrec.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/
	cd $(DESTDIR)$(PREFIX)/lib && ln -sf libllmxrec.so.$(VERSION) libllmxrec.so.0 && ln -sf libllmxrec.so.0 libllmxrec.so
	install -D -m 644 tools/llmxrec.pc.in $(DESTDIR)$(PREFIX)/lib/pkgconfig/llmxrec.pc
	sed -i 's|@PREFIX@|$(PREFIX)|;s|@VERSION@|$(VERSION)|;s|@LIBS@|$(LIBS)|' $(DESTDIR)$(PREFIX)/lib/pkgconfig/llmxrec.pc
	for kind in templates experiments; do install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/llmxrec/$$kind $$kind/*.[ty]*; done
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(BUILD)/llmxrec help --man >$(DESTDIR)$(PREFIX)/share/man/man1/llmxrec.1
	$(BUILD)/llmxrec help --bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/llmxrec

uninstall: ## removes what install wrote
	cd $(DESTDIR)$(PREFIX) && rm -rf bin/llmxrec include/llmxrec lib/libllmxrec.* lib/pkgconfig/llmxrec.pc \
	    share/llmxrec share/man/man1/llmxrec.1 share/bash-completion/completions/llmxrec

# All is built before, for `make -j test` builds beside it.
check-example: all $(LIBRARIES) ## build and run examples/ against an installed copy
	@rm -rf $(BUILD)/stage && $(MAKE) --no-print-directory install PREFIX=$(abspath $(BUILD)/stage) DESTDIR= >/dev/null
	@tools/check-example $(BUILD)/stage && tools/check-abi $(BUILD)/stage/lib/libllmxrec.so

dist: ## build/llmxrec-VERSION.tar.gz from what git holds
	git archive --prefix=llmxrec-$(VERSION)/ -o $(BUILD)/llmxrec-$(VERSION).tar.gz HEAD
format: ## lay the code out by .clang-format
	@tools/layout write $(FORMAT)

clean: ## remove build/ (downloads stay in .cache/)
	rm -rf build
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

.PHONY: all demo check test test-all test-locale assets bench sanitize test-threads fuzz install uninstall check-example dist format clean help
.SECONDARY:
-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/tests/*/*.d)
