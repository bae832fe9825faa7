# make demo   the whole system on this machine, with a simulated Asterisk (ARGS=--until-done ends with the campaign)
# make ui     the web page alone, into ui/dist, from where the binary takes it (Node.js 18 or later; without it the binary has no page)
# make test-ui  the web page by a browser (Debian's chromium), about three minutes; part of make test
# make test   everything, on a real Asterisk and SIPp, which it installs where they are missing
# make check  format, lints (also of fuzz/), licences
# make bench  what docs/performance.md promises, measured, then micro-benchmarks; about half an hour (ARGS="--runs 1" for less)
# make count  the instructions that one call costs, step by step, under Valgrind (ARGS=--check: fails where docs/performance.md says 10 % less)
# make test-pacing  predictive dialing against progressive on a real Asterisk, about 13 minutes
# make soak   an hour of a room of 100 agents in minutes (CALLS=20000): nothing that the daemon uses may grow
# make test-killed  the daemon, an Asterisk and the network between them die again and again, about 15 minutes (KILLS, LEADS, SEED)
# make fuzz   random input for the codec and for a session, each for FUZZ_SECONDS

CARGO ?= cargo
ARGS ?=
CALLS ?= 20000
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= codec session

# what a page is built of
UI_SOURCES := $(shell find ui/src ui/public -type f ! -name schema.d.ts) ui/index.html ui/openapi.json ui/package.json ui/package-lock.json \
	ui/tsconfig.json ui/vite.config.ts

.PHONY: demo ui page test test-ui test-pacing test-killed soak check bench count fuzz build deps

build: page
	$(CARGO) build --release --locked

demo: page
	$(CARGO) run --release --locked -- demo $(ARGS)

deps:
	scripts/asterisk deps

ui: ui/dist/index.html

page: # the same, but where there is no npm and cannot be, the binary goes without its page
	if scripts/asterisk npm; then $(MAKE) --no-print-directory ui; else echo "make: no npm, so the binary has no web page" >&2; fi

ui/node_modules/.package-lock.json: ui/package.json ui/package-lock.json
	scripts/asterisk npm
	cd ui && npm ci --no-audit --no-fund
	touch $@

ui/dist/index.html: ui/node_modules/.package-lock.json $(UI_SOURCES)
	cd ui && npm run build
	touch $@

test: deps ui check # most tests wait for phones that ring, not for a processor
	RUST_TEST_THREADS=$$((2 * $$(nproc))) $(CARGO) test --workspace --locked; status=$$?; scripts/asterisk down --all; exit $$status
	$(MAKE) --no-print-directory test-ui

test-ui: ui # screenshots are in target/ui then
	$(CARGO) build --locked -p asterisk-outbound
	cd ui && npx playwright test

check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	CUSTOM_LIBFUZZER_PATH=/dev/null $(CARGO) clippy --manifest-path fuzz/Cargo.toml --target-dir target --locked -- -D warnings # links nothing
	if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --offline check licenses bans sources; fi

test-pacing: deps
	$(CARGO) test --release --locked -p asterisk-outbound --test e2e -- --ignored --nocapture pacing::; status=$$?; \
		scripts/asterisk down --instance pacing; exit $$status

soak:
	CALLS=$(CALLS) $(CARGO) test --release --locked -p asterisk-outbound --test e2e -- --ignored --nocapture soak::

test-killed: deps
	$(CARGO) test --locked -p asterisk-outbound --test e2e -- --ignored --nocapture --test-threads 1 killing:: away::; status=$$?; \
		for instance in killing cuts deaths hangs restarts secrets holes; do scripts/asterisk down --instance $$instance; done; exit $$status

bench: deps build
	mkdir -p target/bench
	target/release/outbound bench all --scratch target/bench $(ARGS)
	$(CARGO) test --release --locked -p ami -p pbxsim -- --ignored --nocapture --test-threads 1
	$(CARGO) bench --locked -p bench

count:
	$(CARGO) run --profile count --locked -p bench --bin count -- $(ARGS)

fuzz:
	$(CARGO) fuzz --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-fuzz
	set -e; for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/corpus/$$target; \
		$(CARGO) fuzz run -s none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=10 -rss_limit_mb=1024 -dict=fuzz/ami.dict -print_final_stats=1; \
	done
