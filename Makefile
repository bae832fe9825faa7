# make demo   the whole system on this machine, with a simulated Asterisk (ARGS=--until-done ends with the campaign)
# make test   everything, on a real Asterisk and SIPp, which it installs where they are missing
# make check  format, lints, licences
# make bench  benchmarks

CARGO ?= cargo
ARGS ?=

.PHONY: demo test check bench build deps

build:
	$(CARGO) build --release --locked

demo:
	$(CARGO) run --release --locked -- demo $(ARGS)

deps:
	scripts/asterisk deps

test: deps check
	$(CARGO) test --workspace --locked; status=$$?; scripts/asterisk down --all; exit $$status

check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --offline check licenses bans sources; fi

bench:
	$(CARGO) test --release --locked -p ami -p pbxsim -- --ignored --nocapture --test-threads 1
