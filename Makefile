# The usual words; each calls the script that does it.

.PHONY: run test build bench lint sanitize fuzz deploy-dev deploy-staging deploy-prod

run:
	@./run

test:
	@./test

build:
	@scripts/build

bench:
	@scripts/bench

lint:
	@scripts/lint

sanitize:
	@./test --preset asan-ubsan
	@./test --preset tsan

fuzz:
	@scripts/fuzz

deploy-dev deploy-staging deploy-prod:
	@scripts/deploy $(@:deploy-%=%) $(DEPLOY_OPTIONS)
