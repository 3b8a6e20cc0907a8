# Two commands do everything: `make serve` and `make test`. Each installs what is missing first.

SWIFT ?= swift
MODEL ?= models/cifar10-softmoe.smoe
PACKAGES := libopenblas-dev libmicrohttpd-dev libgnutls28-dev libjpeg62-turbo-dev libspng-dev libwebp-dev libxxhash-dev zlib1g-dev pkg-config
BINARY := .build/release/softmoe
# What remains is about numbers, and slow under a sanitizer; Tests/Sanitizers/run without a filter runs all.
SANITIZED := --filter '^(CheckpointTests|HTTPServiceTests|ImageInputTests|InferenceTests|MetricsTests|MicroHTTPTests)[.]'

.PHONY: serve test sanitize bench fuzz format lint build dependencies

serve: build  ## Build, then serve the bundled model on http://127.0.0.1:8080
	$(BINARY) serve --model $(MODEL)

build: dependencies
	$(SWIFT) build -c release --product softmoe

test: dependencies  ## Build and run every test, real clients, alerts and dashboard included
	$(SWIFT) build -c release --build-tests
	$(SWIFT) test -c release --skip-build
	Tests/Clients/run
	Tests/Page/run
	Tests/Deploy/run

sanitize: dependencies  ## The tests of everything that reads foreign bytes or shares memory, under both sanitizers
	Tests/Sanitizers/run address $(SANITIZED)
	Tests/Sanitizers/run thread $(SANITIZED)

bench: dependencies  ## Decode speed beside Pillow, and requests per second
	Benchmarks/images/run
	Benchmarks/serving/run

fuzz: dependencies  ## Fuzz every reader of foreign files, ten minutes each
	Fuzz/run

format:  ## Rewrite the sources in the project's format
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests Benchmarks Fuzz

lint:  ## Fail where the format differs
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Benchmarks Fuzz

dependencies:
	@scripts/dependencies "$(SWIFT)" $(PACKAGES)
