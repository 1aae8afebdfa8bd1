# viaduct: make deps | all | run | test | unit | bench | install | format | clean
# Variants live side by side: make test SAN=address,undefined, make test SAN=thread.
# Each folder of src/ is a library that may use only the folders below it; each folder of test/ is a test program.

SHELL    := /bin/bash
SAN      ?=
BUILD    ?= build/$(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
BIN      ?= $(if $(SAN),$(BUILD)/bin,build/bin)
PREFIX   ?= /usr/local
comma    := ,

ifneq ($(shell command -v ccache),)
override CXX := ccache $(CXX)
endif
OPTIMIZE ?= $(if $(SAN),-O1 -fno-omit-frame-pointer,-O2)
PACKAGES := libnghttp2 protobuf yaml-cpp prometheus-cpp-core spdlog openssl absl_btree absl_flat_hash_map absl_flat_hash_set zlib
# Asked when first needed, since `deps` may have to install it, and once. -isystem: a warning in a library's header is not
# ours to mend.
PKG_CXX   = $(or $(asked_cxx),$(eval asked_cxx := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES))))$(asked_cxx))
PKG_LD    = $(or $(asked_ld),$(eval asked_ld := $(shell pkg-config --libs $(PACKAGES)) -lleveldb -lcrypt -lpthread)$(asked_ld))
# The server allocates on one thread what another frees; a sanitizer brings an allocator of its own.
MALLOC_LD   = $(if $(SAN),,$(shell pkg-config --libs jemalloc))
HTTPLIB_CXX = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags cpp-httplib))
HTTPLIB_LD  = $(shell pkg-config --libs cpp-httplib)
# `make V=1` shows every command.
Q        := $(if $(V),,@)
# The thread sanitizer does not know Asio's fences, and g++ says so.
WARNINGS := -Wall -Wextra -Wshadow -Werror $(if $(findstring thread,$(SAN)),-Wno-tsan)
# GCC takes what the others put in for a use of what is not there yet.
ifeq ($(findstring undefined,$(SAN))$(findstring clang,$(CXX)),undefined)
WARNINGS += -Wno-maybe-uninitialized
endif
CPPFLAGS_ALL = -Isrc -I$(PROTO) -I. -DBOOST_ASIO_NO_DEPRECATED -DBOOST_ASIO_SEPARATE_COMPILATION $(PKG_CXX)
CXXFLAGS_ALL = -std=c++20 -g $(OPTIMIZE) $(WARNINGS) $(SAN:%=-fsanitize=%) -MMD -MP $(CXXFLAGS)
LDFLAGS_ALL  = $(SAN:%=-fsanitize=%) $(LDFLAGS)

PROTOS    := $(shell find proto -name "*.proto")
PROTO     := build/proto# generated sources are the same in every variant
PROTO_CC  := $(PROTOS:proto/%.proto=$(PROTO)/%.pb.cc)
PROTO_H   := $(PROTO_CC:.cc=.h)

# Library name -> objects. Order of LAYERS is link order: a folder uses only those behind it.
LAYERS    := server v3 v2 v3bridge peer store raft wal net bolt proto base
sources    = $(filter-out src/server/main.cc,$(wildcard src/$(1)/*.cc))
objects    = $(patsubst %.cc,$(BUILD)/%.o,$(call sources,$(1)))
libraries  = $(foreach l,$(1),$(BUILD)/lib/lib$(l).a)

# What each test program links: its folder and everything below.
USES_base     := base
USES_bolt     := bolt base
USES_wal      := wal base
USES_raft     := raft base
USES_model    := raft base
USES_net      := net base
USES_store    := store proto base
USES_v3bridge := v3bridge store proto base
USES_v2       := v2 v3bridge store net proto base
USES_v3       := v3 v3bridge store net bolt proto base
USES_peer     := peer raft net base
USES_server   := $(LAYERS)
UNITS         := base bolt wal raft model net peer store v3bridge v2 v3 server
UNIT_PROGRAMS := $(foreach u,$(UNITS),$(if $(wildcard test/$(u)/*_test.cc),$(BUILD)/bin/$(u)_test))

.PHONY: all deps test-deps run test unit bench install clean
all: $(BIN)/viaduct

# Debian 12 packages; asks for root only when something is missing.
DEPS      := build-essential pkg-config protobuf-compiler libboost1.81-dev libcpp-httplib-dev rapidjson-dev \
             libleveldb-dev libssl-dev libnghttp2-dev libprotobuf-dev zlib1g-dev libspdlog-dev libyaml-cpp-dev \
             prometheus-cpp-dev libabsl-dev libjemalloc-dev libcrypt-dev
TEST_DEPS := doctest-dev clang libclang-rt-14-dev etcd-server etcd-client python3-etcd python3-etcd3 \
             python3-etcd3gw curl openssl procps
BENCH_DEPS := etcd-server nghttp2-client
missing    = $(shell dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(1) 2>/dev/null | awk '$$1=="installed"{print $$2}' | sort -u | comm -13 - <(printf '%s\n' $(1) | sort -u))
define apt_install
	@missing="$(call missing,$(1))"; [ -z "$$missing" ] || { \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	  echo "installing: $$missing"; \
	  $$root apt-get update -q && DEBIAN_FRONTEND=noninteractive $$root apt-get install -qy --no-install-recommends $$missing; }
endef
deps:
	$(call apt_install,$(DEPS))
test-deps: deps
	$(call apt_install,$(TEST_DEPS))

run: deps
	$(MAKE) -j$(JOBS) all
	$(BIN)/viaduct $(ARGS)

# Everything there is to test; the last line is "N passed, N failed".
test: test-deps
	$(MAKE) -j$(JOBS) all test-programs
	$(MAKE) fuzz-programs
	@BUILD=$(BUILD) BIN=$(BIN) test/run-all

JOBS ?= $(shell nproc)

$(BIN)/viaduct: $(BUILD)/src/server/main.o $(call libraries,$(LAYERS))
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD) $(MALLOC_LD)

# cpp-httplib, for all requests that we make.
$(BUILD)/src/peer/http_client.o: PKG_CXX += $(HTTPLIB_CXX)
$(BIN)/viaduct $(BUILD)/bin/peer_test $(BUILD)/bin/server_test: PKG_LD += $(HTTPLIB_LD)

define library
$(BUILD)/lib/lib$(1).a: $(if $(filter proto,$(1)),$(PROTO_CC:$(PROTO)/%.cc=$(BUILD)/pb/%.o),$(call objects,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call library,$(l))))

$(BUILD)/%.o: %.cc | $(PROTO_H)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CXX  $<")
	$(Q)$(CXX) $(CPPFLAGS_ALL) $(CXXFLAGS_ALL) -c $< -o $@

$(PROTO)/%.pb.cc $(PROTO)/%.pb.h &: proto/%.proto
	@mkdir -p $(@D)
	$(Q)protoc -Iproto --cpp_out=$(PROTO) $<

.PRECIOUS: $(PROTO_CC) $(PROTO_H)

$(BUILD)/pb/%.pb.o: $(PROTO)/%.pb.cc
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS_ALL) -std=c++20 $(OPTIMIZE) $(SAN:%=-fsanitize=%) -c $< -o $@

# Unit tests: one program per folder. `make unit-wal` builds and runs one.
define unit
$(BUILD)/bin/$(1)_test: $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/$(1)/*.cc) test/main.cc $(wildcard test/support/*.cc)) $(call libraries,$(USES_$(1)))
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  LD   $$@")
	$(Q)$$(CXX) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD)
.PHONY: unit-$(1)
unit-$(1): $(BUILD)/bin/$(1)_test
	$(BUILD)/bin/$(1)_test
endef
$(foreach u,$(UNITS),$(eval $(call unit,$(u))))
# Runs of raft's tests are followed by the model; test/model/trace_checker.h. Which is tested with a member of theirs.
TRACE := $(patsubst %.cc,$(BUILD)/%.o,$(filter-out %_test.cc,$(wildcard test/model/trace_*.cc)))
$(BUILD)/bin/raft_test: $(TRACE)
$(BUILD)/bin/model_test: $(addprefix $(BUILD)/test/raft/,member.o script.o)
# `make model`: the model's small worlds, three million of each; takes 2 GB.
.PHONY: model
model: deps
	$(MAKE) -j$(JOBS) $(BUILD)/bin/model_test
	$(BUILD)/bin/model_test --no-skip --test-case='the same worlds*'
# gRPC is tested over sockets, by net's client.
$(BUILD)/bin/v3_test: $(BUILD)/test/net/http2_client.o $(BUILD)/test/net/server_harness.o

.PHONY: test-programs
test-programs: $(UNIT_PROGRAMS)
unit: test-programs
	@BUILD=$(BUILD) test/run-all unit

install: all
	install -D -m 755 $(BIN)/viaduct $(DESTDIR)$(PREFIX)/bin/viaduct
	install -D -m 644 docs/viaduct.1 $(DESTDIR)$(PREFIX)/share/man/man1/viaduct.1
	$(if $(filter etcd,$(LINKS)),ln -sf viaduct $(DESTDIR)$(PREFIX)/bin/etcd)

# As .clang-format has it; clang-format 14, which Debian 12 has.
.PHONY: format
format:
	git ls-files '*.cc' '*.h' | xargs clang-format -i

clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# --- System tests: real server processes, driven from outside.
SYSTEM := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/system/*.cc) test/support/free_port.cc test/main.cc)
$(SYSTEM): PKG_CXX += $(HTTPLIB_CXX)
$(BUILD)/bin/system_test: $(SYSTEM) $(call libraries,base)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD) $(HTTPLIB_LD)
$(BUILD)/lib/faulty_disk.so: test/support/faulty_disk.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O1 -Wall -Wextra -Werror -shared -fPIC -o $@ $< -ldl
test-programs: $(BUILD)/bin/system_test $(BUILD)/lib/faulty_disk.so
.PHONY: system
system: $(BUILD)/bin/system_test $(BUILD)/lib/faulty_disk.so $(BIN)/viaduct
	VIADUCT=$(BIN)/viaduct FAULTY_DISK_LIBRARY=$(BUILD)/lib/faulty_disk.so $(BUILD)/bin/system_test $(ARGS)

# --- Conformance: every scenario against etcd and against viaduct; test/conformance/README.md.
CONFORMANCE      := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/conformance/*.cc) test/support/free_port.cc)
CONFORMANCE_UNIT := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/conformance/unit/*.cc) test/main.cc)
$(BUILD)/bin/conformance: $(CONFORMANCE) $(call libraries,proto base)
$(BUILD)/bin/conformance_test: $(CONFORMANCE_UNIT) $(filter-out %/main.o,$(CONFORMANCE)) $(call libraries,proto base)
$(BUILD)/bin/conformance $(BUILD)/bin/conformance_test:
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD)
test-programs: $(BUILD)/bin/conformance_test $(BUILD)/bin/conformance
.PHONY: conformance
conformance: $(BUILD)/bin/conformance $(BIN)/viaduct
	$(BUILD)/bin/conformance --viaduct $(BIN)/viaduct $(FILTER)

# --- Fuzzers: libFuzzer comes with clang. `make fuzz SECONDS=60` runs each so long; `make test` does for a few seconds.
FUZZ         := build/fuzz
# What each one links: libraries, and of larger folders the objects that it needs.
FUZZERS      := $(patsubst test/fuzz/%.cc,$(BUILD)/bin/%,$(wildcard test/fuzz/*_fuzz.cc))
FUZZ_DISK    := $(addprefix $(BUILD)/test/support/,fake_disk.o fake_medium.o)
FUZZ_V3      := $(addprefix $(BUILD)/src/v3/,dispatch.o errors.o release.o method.o call.o call_counts.o grpc_message.o gzip.o)
FUZZ_JSON    := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard src/v3/json_*.cc))
server_part   = $(patsubst %,$(BUILD)/src/server/%.o,$(1))
$(BUILD)/bin/form_fuzz: $(BUILD)/src/v2/params.o
$(BUILD)/bin/grpc_fuzz: $(FUZZ_V3)
$(BUILD)/bin/json_fuzz: $(FUZZ_JSON)
$(BUILD)/bin/peer_fuzz: $(BUILD)/src/peer/frame_codec.o
$(BUILD)/bin/wal_fuzz: $(FUZZ_DISK) $(call libraries,wal)
$(BUILD)/bin/leveldb_fuzz $(BUILD)/bin/store_fuzz: $(FUZZ_DISK) $(call libraries,store)
$(BUILD)/bin/bolt_fuzz: $(FUZZ_DISK) $(call libraries,bolt v3bridge store) $(BUILD)/src/v3/snapshot_format.o \
  $(call server_part,restore_exact restore_foreign restore_state snapshot_file)
$(BUILD)/bin/command_fuzz: $(FUZZ_DISK) $(call libraries,v3bridge store) $(call server_part,chain stamped) \
  $(addprefix $(BUILD)/src/v3/,errors.o kv_check.o release.o txn_overlap.o)
$(BUILD)/bin/files_fuzz: $(FUZZ_DISK) $(call libraries,wal) \
  $(call server_part,identity_file incarnation_file quarantine state_directory)
# RapidJSON's iterators are compared in a way that clang has a word to say about.
$(call server_part,discovery_directory remote_cluster): WARNINGS += $(if $(findstring fuzzer,$(SAN)),-Wno-ambiguous-reversed-operator)
$(BUILD)/bin/join_fuzz: $(call server_part,config_cluster discovery discovery_directory flag_table flag_table_experimental \
  flag_table_legacy flag_table_security flag_table_server flag_table_viaduct flags_text flags_values remote_cluster \
  srv_lookup urls) $(addprefix $(BUILD)/src/peer/,dial_url.o dialled_socket.o http_client.o resolver.o wait_for.o)
$(BUILD)/bin/join_fuzz: PKG_LD += $(HTTPLIB_LD)
$(BUILD)/bin/config_fuzz: $(FUZZ_DISK) $(call server_part,config_build config_cluster config_file config_load config_tls \
  environment flag_table flag_table_experimental flag_table_legacy flag_table_security flag_table_server \
  flag_table_viaduct flags flags_text flags_values help urls)
$(BUILD)/bin/snapshot_fuzz: $(FUZZ_DISK) $(call libraries,store) \
  $(call server_part,peer_snapshot_format peer_snapshot_sink peer_snapshot_source state_directory)
$(FUZZERS): $(BUILD)/bin/%: $(BUILD)/test/fuzz/%.o $(call libraries,net proto base)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CXX) -fsanitize=$(SAN:fuzzer-no-link%=fuzzer%) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PKG_LD)
.PHONY: fuzzers fuzz-programs fuzz
fuzzers: $(FUZZERS)
fuzz-programs: test-deps
	$(MAKE) -j$(JOBS) CXX=clang++ SAN=fuzzer-no-link,address,undefined BUILD=$(FUZZ) fuzzers
fuzz: fuzz-programs
	FUZZ_BUILD=$(FUZZ) SECONDS_EACH=$(SECONDS) FUZZ_SEED=0 test/fuzz/run
# What the corpora reach of each decoder.
.PHONY: fuzz-coverage
fuzz-coverage: test-deps
	$(MAKE) -j$(JOBS) CXX=clang++ SAN=fuzzer-no-link BUILD=$(FUZZ)-coverage LDFLAGS=-fprofile-instr-generate \
	  CXXFLAGS="-fprofile-instr-generate -fcoverage-mapping" fuzzers
	scripts/fuzz-coverage $(FUZZ)-coverage

# --- Benchmark: the same load on viaduct and on etcd; docs/benchmarks.md keeps the last result. `make bench QUICK=1` shows
# that all of it works, `make bench ONLY=PUT` runs the loads and scenarios with PUT in their name; neither is kept.
# `make bench CLUSTER=3` does the same with three members each, and kills leaders.
ROUNDS     ?= 5
SECONDS    ?= 3
BENCH      := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard bench/*.cc) test/support/free_port.cc test/cluster/v2_client.cc \
              test/conformance/connection.cc test/conformance/reply.cc)
BENCH_UNIT := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard bench/unit/*.cc) test/main.cc)
$(BUILD)/bin/bench: $(BENCH) $(call libraries,proto base)
$(BUILD)/bin/bench_test: $(BENCH_UNIT) $(filter-out %/main.o,$(BENCH)) $(call libraries,proto base)
$(BUILD)/bin/bench $(BUILD)/bin/bench_test:
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD)
test-programs: $(BUILD)/bin/bench_test
bench: deps
	$(call apt_install,$(BENCH_DEPS))
	$(MAKE) -j$(JOBS) $(BIN)/viaduct $(BUILD)/bin/bench
	$(BUILD)/bin/bench --viaduct $(BIN)/viaduct --work $(BUILD)/bench-data --rounds $(ROUNDS) --seconds $(SECONDS) \
	  $(if $(CLUSTER),--cluster $(CLUSTER)) $(if $(QUICK),--quick) $(if $(ONLY),--only "$(ONLY)") $(if $(QUICK)$(ONLY),,--write docs/benchmarks.md)

# --- What the unit tests of the folders DIRS reach of them: lines, branches, and which are left; docs/reliability.md.
DIRS           ?= src/raft src/wal
COVERAGE_BUILD ?= build/coverage
.PHONY: coverage
coverage: test-deps
	$(MAKE) -j$(JOBS) BUILD=$(COVERAGE_BUILD) OPTIMIZE=-O0 CXXFLAGS=--coverage LDFLAGS=--coverage \
	  $(DIRS:src/%=$(COVERAGE_BUILD)/bin/%_test)
	scripts/coverage $(COVERAGE_BUILD) $(DIRS)

# --- A cluster of three members on this machine; scripts/cluster has the commands for a second terminal.
.PHONY: cluster
cluster: deps
	$(MAKE) -j$(JOBS) all
	VIADUCT=$(BIN)/viaduct CLUSTER_FLAGS="$(ARGS)" scripts/cluster

# --- Clusters of real processes under faults, their histories checked: `make chaos RUNS=200 SEED=1` plays many runs,
# PARALLEL at a time, `make chaos RUNS=1 SEED=n` one of them again; test/cluster/README.md.
RUNS         ?= 200
SEED         ?= 1
PARALLEL     ?= 1
CHAOS        := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/cluster/*.cc) test/support/free_port.cc \
                test/support/child_process.cc \
                $(addprefix test/conformance/,connection.cc reply.cc http2_client.cc grpc_frame.cc))
CHAOS_UNIT   := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/cluster/unit/*.cc) test/main.cc)
$(BUILD)/bin/chaos: $(CHAOS) $(call libraries,proto base)
$(BUILD)/bin/chaos_test: $(CHAOS_UNIT) $(filter-out %/main.o,$(CHAOS)) $(call libraries,proto base)
$(BUILD)/bin/chaos $(BUILD)/bin/chaos_test:
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD)
test-programs: $(BUILD)/bin/chaos_test $(BUILD)/bin/chaos
.PHONY: chaos
chaos: deps
	$(MAKE) -j$(JOBS) $(BIN)/viaduct $(BUILD)/bin/chaos $(BUILD)/lib/faulty_disk.so
	$(BUILD)/bin/chaos --program $(BIN)/viaduct --work $(BUILD)/chaos-data --seed $(SEED) --runs $(RUNS) \
	  --jobs $(PARALLEL) --disk-library $(BUILD)/lib/faulty_disk.so $(CHAOS_FLAGS)

# --- Known bugs, put back one at a time in a copy of the tree; the test that each names has to catch it: docs/known-bugs.md.
# `make mutants ONLY="RB-12 RB-28"` tries those. `make mutants SIM=400` looks for the first of so many simulated seeds that each
# makes fail, and with KEEP=1 notes it.
.PHONY: mutants
mutants: test-deps
	JOBS=$(JOBS) scripts/mutants $(if $(SIM),--sim $(SIM) $(if $(KEEP),--keep)) $(ONLY)

# --- Whole clusters in one thread, each from one seed: `make sim SEEDS=5000 SEED=1` plays that many, PARALLEL at a time,
# `make sim SEED=n SEEDS=1 TRACE=1` shows one of them; test/sim/README.md.
SEEDS        ?= 500
SIM_OBJECTS  := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/sim/*.cc test/sim/scenarios/*.cc) $(addprefix test/support/,fake_disk.cc fake_medium.cc) \
                $(addprefix test/cluster/,chores.cc compactions.cc history.cc lease_calls.cc lease_checker.cc lease_load.cc linearizability.cc load.cc \
                order_checker.cc replay.cc ttl_load.cc v2_client.cc v2_load.cc v3_client.cc v3_load.cc watch_checker.cc watch_load.cc) \
                $(addprefix test/conformance/,connection.cc reply.cc http2_client.cc grpc_frame.cc))
$(BUILD)/bin/sim: PKG_LD += $(HTTPLIB_LD)
$(BUILD)/bin/sim: $(SIM_OBJECTS) $(TRACE) $(call libraries,$(LAYERS)) test/sim/raft_calls.link
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CXX) $(LDFLAGS_ALL) @test/sim/raft_calls.link -o $@ $(filter-out %.link,$^) $(PKG_LD)
# Its checkers, which need nothing simulated.
SIM_UNIT     := $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/sim/unit/*.cc) test/main.cc \
                $(addprefix test/sim/,chronicle.cc damage.cc dice.cc invariants.cc roster.cc) \
                $(addprefix test/sim/scenarios/,append_lists.cc bank.cc both_views.cc hashes.cc kv_checker.cc kv_client.cc kv_model.cc \
                kv_scenario.cc lease_churn.cc lock.cc owners.cc past.cc v2_past.cc v2_sights.cc v2_watch_checker.cc \
                watch_stream_checker.cc) $(addprefix test/support/,fake_disk.cc fake_medium.cc) \
                $(addprefix test/cluster/,compactions.cc history.cc lease_calls.cc v2_client.cc v3_client.cc) \
                $(addprefix test/conformance/,connection.cc reply.cc http2_client.cc grpc_frame.cc))
$(BUILD)/bin/sim_test: $(SIM_UNIT) $(call libraries,v2 v3bridge store wal net proto base)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD   $@")
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD)
test-programs: $(BUILD)/bin/sim_test
test-programs: $(if $(SAN),,$(BUILD)/bin/sim)# a sanitizer follows one stack a thread, and brings pthread functions of its own
.PHONY: sim
sim: deps
	$(MAKE) -j$(JOBS) $(BUILD)/bin/sim
	$(BUILD)/bin/sim --seed $(SEED) --seeds $(SEEDS) --parallel $(PARALLEL) $(if $(TRACE),--trace)
