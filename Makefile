# Each target is a plain go command. The tag switches on SQLite's full-text index; without it everything works and search is slower.
TAGS := -tags sqlite_fts5
FUZZTIME ?= 10s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build demo test bench fuzz generated lint

# The program, as ./backchannel.
build:
	go build $(TAGS) -o backchannel ./cmd/backchannel

# A small community on this machine that plays its own story.
demo:
	go run $(TAGS) ./cmd/backchannel demo

test:
	go test $(TAGS) ./...

bench:
	go test $(TAGS) -run '^$$' -bench . -benchmem ./...

# A short round of every fuzzer; FUZZTIME=5m for a longer one.
fuzz:
	@grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file"); do \
	    echo "== $$(dirname "$$file") $$name"; \
	    go test $(TAGS) -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" </dev/null || exit 1; \
	  done; \
	done

# Text that is written by the program from its own source. .ci/run fails when it is not current.
generated:
	go generate $(TAGS) ./...

lint:
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	go vet $(TAGS) ./...
	go run $(STATICCHECK) $(TAGS) ./...
