# make demo      install what is needed, build, run Sluice on a real backbone for half a minute
# make test      install what is needed, build, lint, run every test
# make build     the release programs in .build/release: sluiced, sluice, sluice-bench
# make install   into $(DESTDIR)$(PREFIX), with the unit, manual pages, completions, policies and topologies
# make deb       the same as a Debian package in .build/deb, which needs no Swift runtime
# make format    format all Swift sources
# make bench     measure the solver, with its peers, on the instances in SUITE
# make check-long what takes minutes: every decoder fuzzed for a while, the daemon killed 200 times
# make simulate  a network in a box: 40 seeds of every kind of trouble, 10 000 events each
# make million   the same for 100 seeds, after all that have found something once
# make soak      the same for SOAK_SEEDS seeds; 1 000 are ten million events
# make sanitize  the tests under the thread and the address sanitizer
# make coverage  which lines the tests run, by module
# make cancellation  solves cancelled a thousand times under the address sanitizer
# make crashes   the daemon killed 200 times under load, and what it had acknowledged compared with what it restores
# make check-deb the Debian package built, installed into a scratch root and purged
# make fuzz      feed every decoder hostile bytes, FUZZ_SECONDS each; FUZZ_TARGETS chooses
# make clean     remove the build folder

SHELL := /bin/bash
PREFIX ?= /usr/local
DESTDIR ?=
SUITE ?= ../shared/data/pfar

PACKAGES_BUILD := libglpk-dev libpcap-dev libsqlite3-dev libxml2 pkg-config
PACKAGES_TEST := ethtool iperf3 iproute2 iputils-ping mandoc openssl openvswitch-switch strace socat netcat-openbsd python3 python3-prometheus-client systemd tshark
PACKAGES_DEB := binutils dpkg-dev
PROGRAMS ?= .build/release

SWIFT_BUILD := swift build -c release --explicit-target-dependency-import-check error

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= quantities json documents policy placements requests control captures reports journal openflow

.PHONY: demo test build install install-files deb check-deb format lint bench check-long cancellation crashes fuzz clean \
    simulate soak million sanitize coverage \
    packages-build packages-test packages-deb

demo: build
	@docs/demo/run.sh .build/release

build: packages-build
	$(SWIFT_BUILD)

test: packages-build packages-test lint
	$(SWIFT_BUILD) --build-tests
	swift test -c release --skip-build

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

bench: build
	.build/release/sluice-bench solver --suite $(SUITE)

check-long: FUZZ_SECONDS = 30
# What switches and captures send is the most hostile: a minute each.
check-long: FUZZ_LONG_TARGETS = captures reports
check-long: fuzz crashes

# A hundred seeds, and those that have found something once.
million: build
	.build/release/sluice simulate --regression
	.build/release/sluice simulate --profile all --seeds 100 --events 10000

simulate: build
	.build/release/sluice simulate --profile all --seeds 40 --events 10000

SOAK_SEED ?= 1000
SOAK_SEEDS ?= 1000
soak: build
	.build/release/sluice simulate --profile all --seed $(SOAK_SEED) --seeds $(SOAK_SEEDS) --events 10000

# Each sanitizer has a build folder of its own. What starts other programs, or measures, is left to `make test`.
SANITIZED ?= SluiceModelTests|SluiceJSONTests|SluiceSolverTests|SluiceGLPKTests|SluiceForwardingTests|SluiceLearningTests|SluiceControlPlaneTests|SluiceProtocolTests|SluiceOpenFlowTests|SluiceTelemetryTests|SluiceStoreTests|SluiceDocumentsTests|SluiceCaptureTests|SluiceDaemonTests|SluiceSimulationTests
sanitize: packages-build
	@for sanitizer in thread address; do \
	    echo "Testing under the $$sanitizer sanitizer"; \
	    swift build --build-tests --sanitize=$$sanitizer --scratch-path .build-$$sanitizer \
	        && swift test --skip-build --sanitize=$$sanitizer --scratch-path .build-$$sanitizer --filter '$(SANITIZED)' \
	        || exit 1; \
	done

COVERED ?= $(SANITIZED)
coverage: packages-build
	swift test --enable-code-coverage --scratch-path .build-coverage --filter '$(COVERED)'
	@packaging/coverage.sh .build-coverage

# Solves that end at random instants, under the address sanitizer.
cancellation: packages-build
	swift build --build-tests --sanitize=address --scratch-path .build-asan
	swift test --skip-build --sanitize=address --scratch-path .build-asan --filter CancellationTests

# SIGKILL at 200 random instants under load.
crashes: packages-build packages-test
	$(SWIFT_BUILD) --build-tests
	SLUICE_CRASHES=200 swift test -c release --skip-build --filter CrashTests

# Begins with Tests/Corpora. What a run adds stays in .build-fuzz/corpus for the next; what made a decoder fail is left in
# .build-fuzz/findings. Leaks are not looked for: Swift keeps some pointers in a form that the sanitizer takes for none,
# and calls constants leaked. Memory that grows meets -rss_limit_mb.
fuzz: packages-build
	SLUICE_FUZZ=1 swift build -c release --scratch-path .build-fuzz --product sluice-fuzz
	@mkdir -p .build-fuzz/findings $(FUZZ_TARGETS:%=.build-fuzz/corpus/%)
	@cp -f policies/*.yaml .build-fuzz/corpus/policy/
	@cp -f topologies/*.json .build-fuzz/corpus/documents/
	@cp -f Tests/Corpora/requests/* .build-fuzz/corpus/control/
	@cp -rf Tests/Corpora/* .build-fuzz/corpus/
	@for target in $(FUZZ_TARGETS); do \
	    seconds=$(FUZZ_SECONDS); \
	    case " $(FUZZ_LONG_TARGETS) " in *" $$target "*) seconds=60;; esac; \
	    echo "Fuzzing $$target for $$seconds s"; \
	    ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no SLUICE_FUZZ_TARGET=$$target .build-fuzz/release/sluice-fuzz \
	        -max_total_time=$$seconds -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
	        -artifact_prefix=.build-fuzz/findings/$$target- .build-fuzz/corpus/$$target \
	        > .build-fuzz/$$target.log 2>&1 \
	        || { tail -40 .build-fuzz/$$target.log; echo "make: $$target failed; see .build-fuzz/findings" >&2; exit 1; }; \
	    grep -E "number_of_executed_units|average_exec_per_sec" .build-fuzz/$$target.log; \
	done

install: build
	@$(MAKE) --no-print-directory install-files

# The same with programs that are there already.
install-files:
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/sluice/topologies \
	    $(DESTDIR)$(PREFIX)/share/sluice/policies $(DESTDIR)$(PREFIX)/lib/systemd/system \
	    $(DESTDIR)$(PREFIX)/share/sluice/systemd $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d \
	    $(DESTDIR)/etc/sluice
	install -m 755 $(PROGRAMS)/sluice $(PROGRAMS)/sluiced $(DESTDIR)$(PREFIX)/bin
	install -m 644 topologies/* $(DESTDIR)$(PREFIX)/share/sluice/topologies
	install -m 644 policies/* $(DESTDIR)$(PREFIX)/share/sluice/policies
	sed 's|/usr/bin/|$(PREFIX)/bin/|' systemd/sluiced.service \
	    > $(DESTDIR)$(PREFIX)/lib/systemd/system/sluiced.service
	install -m 644 systemd/sluiced.socket $(DESTDIR)$(PREFIX)/lib/systemd/system
	for dropin in systemd/sluiced.service.d/*; do \
	    sed 's|/usr/bin/|$(PREFIX)/bin/|' $$dropin \
	        > $(DESTDIR)$(PREFIX)/share/sluice/systemd/$${dropin##*/} || exit 1; \
	done
	install -m 644 systemd/sysusers.d/sluice.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -m 644 systemd/tmpfiles.d/sluice.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	for page in docs/man/*; do \
	    folder=$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
	    install -d $$folder \
	        && sed 's|/usr/share/|$(PREFIX)/share/|' $$page > $$folder/$${page##*/} || exit 1; \
	done
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	for program in sluice sluiced; do \
	    $(PROGRAMS)/$$program --generate-completion-script bash \
	        > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$program \
	    && $(PROGRAMS)/$$program --generate-completion-script zsh \
	        > $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_$$program \
	    && $(PROGRAMS)/$$program --generate-completion-script fish \
	        > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$program.fish || exit 1; \
	done
	test -e $(DESTDIR)/etc/sluice/topology.json \
	    || install -m 644 topologies/abilene.json $(DESTDIR)/etc/sluice/topology.json
	test -e $(DESTDIR)/etc/sluice/policy.yaml \
	    || install -m 644 policies/default.yaml $(DESTDIR)/etc/sluice/policy.yaml

# The package put into a root of its own, run, and taken out again; needs root.
check-deb: deb
	packaging/debian/check.sh .build/deb/*.deb

# Compiled as for `make build`, and linked once more so that the programs hold the Swift runtime.
deb: packages-build packages-deb
	$(SWIFT_BUILD) --static-swift-stdlib --product sluice
	$(SWIFT_BUILD) --static-swift-stdlib --product sluiced
	packaging/debian/build.sh .build/release .build/deb
	@ls -l .build/deb/*.deb

clean:
	rm -rf .build

# Debian packages are installed only where they are absent, so these are quiet on a machine that has them.
define install-packages
	@missing=""; for package in $(1); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q "install ok installed" \
	        || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	    echo "Installing Debian packages:$$missing"; \
	    as_root=""; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	    $$as_root apt-get update -qq \
	        && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$missing \
	            > /dev/null \
	        || { echo "make: could not install$$missing; install them by hand and try again" >&2; exit 1; }; \
	fi
endef

packages-build:
	$(call install-packages,$(PACKAGES_BUILD))

packages-deb:
	$(call install-packages,$(PACKAGES_DEB))

packages-test:
	$(call install-packages,$(PACKAGES_TEST))
