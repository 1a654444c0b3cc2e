# make run      the product, with a demo hospital, at http://127.0.0.1:8000 (HOST, PORT, PUBLIC_URL, DATA_DIR)
# make test     the suite on SQLite
# make check    style, types, the suite on SQLite, on PostgreSQL with Redis, and in Chromium
# make proof    the long proofs: many processes, kill -9, replay
# make screens  pictures of every screen into docs/screens/
# make bench    the benchmarks
# make openapi  write docs/openapi.yaml anew from the code
# make pins     resolve pyproject.toml into the two requirements files
# make messages collect texts for translation (needs gettext) and compile the catalogues (does not)
# make clean    remove what was made, but never data/

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PY := .venv/bin/python
PYTEST := $(PY) -m pytest -q
WORKERS ?= 2

# The second run of the suite, and the services it needs.
TEST_DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/clinicflow
TEST_REDIS_URL ?= redis://127.0.0.1:6379/15
BROWSER := env -u DATABASE_URL -u REDIS_URL DJANGO_ALLOW_ASYNC_UNSAFE=1
WITH_SERVICES := DATABASE_URL=$(TEST_DATABASE_URL) REDIS_URL=$(TEST_REDIS_URL)

.PHONY: run test check lint types test-sqlite test-postgres test-browser proof screens bench openapi pins messages clean

run: .venv/run.stamp
	@exec $(PY) manage.py serve --demo

test: test-sqlite

check: lint types test-sqlite test-postgres test-browser

lint: .venv/dev.stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m djlint templates --lint --quiet

types: .venv/dev.stamp
	CLINIC_ENV=test $(PY) -m mypy clinic queues er_flow billing tests manage.py

test-sqlite: .venv/dev.stamp
	env -u DATABASE_URL -u REDIS_URL $(PYTEST) -n $(WORKERS) --dist worksteal

# What failed is tried once more by itself: some tests race real processes. What fails twice fails.
# Left out with a word where the services are missing; with CI=true that is a failure.
test-postgres: .venv/dev.stamp
	@if $(PY) -m tests.services "$(TEST_DATABASE_URL)" "$(TEST_REDIS_URL)"; then \
		echo "$(PYTEST) (PostgreSQL, Redis)"; $(WITH_SERVICES) $(PYTEST) -n $(WORKERS) --dist worksteal || \
		$(WITH_SERVICES) $(PYTEST) --last-failed; \
	else [ "$(CI)" != true ]; fi

# Here, too, what failed is tried once more by itself: these tests hold seconds on a machine that they share.
test-browser: .venv/dev.stamp
	$(BROWSER) $(PYTEST) -n $(WORKERS) --dist load tests/browser || $(BROWSER) $(PYTEST) --last-failed tests/browser

proof: .venv/dev.stamp
	$(WITH_SERVICES) PROOF=1 $(PYTEST) -o timeout=0 -rP tests/proof tests/er_flow/test_state_machine.py tests/er_flow/test_concurrency.py
	env -u DATABASE_URL -u REDIS_URL PROOF=1 $(PYTEST) -o timeout=0 tests/proof/test_state_machine.py tests/demo/test_demo.py

screens: .venv/dev.stamp
	env -u DATABASE_URL -u REDIS_URL DJANGO_ALLOW_ASYNC_UNSAFE=1 $(PYTEST) tests/browser/screens.py

bench: .venv/dev.stamp
	@for file in tests/bench/bench_*.py; do \
		module=$$(basename $$file .py); echo "== $$module"; $(PY) -m tests.bench.$$module || exit 1; done

openapi: .venv/dev.stamp
	CLINIC_ENV=test $(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

PIN := -m piptools compile --quiet --strip-extras --no-emit-find-links --no-emit-index-url --no-emit-options --no-header
pins: .venv/dev.stamp
	$(PY) -m pip install --quiet pip-tools
	$(PY) $(PIN) --output-file requirements.txt pyproject.toml
	$(PY) $(PIN) --extra dev --extra anymail --extra push --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

messages: .venv/dev.stamp
	CLINIC_ENV=test $(PY) manage.py makemessages --all --no-wrap --no-obsolete --add-location file \
		--ignore .venv --ignore data --ignore tests --ignore docs
	$(PY) -m babel.messages.frontend compile --directory locale --domain django --statistics

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says which pins are installed; it is older than the file when they change.
.venv/run.stamp: requirements.txt | .venv/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt requirements.txt | .venv/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/run.stamp

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed."; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }
