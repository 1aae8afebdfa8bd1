# viaduct: make deps | all | run | test | bench | install | clean
# Variants live side by side: make test SAN=address,undefined, make test SAN=thread.
# Each folder of src/ is a library that may use only the folders below it; each folder of test/ is a test program.

SAN      ?=
BUILD    ?= build/$(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
BIN      ?= $(if $(SAN),$(BUILD)/bin,build/bin)
PREFIX   ?= /usr/local
comma    := ,

ifneq ($(shell command -v ccache),)
CXX      := ccache $(CXX)
endif
OPTIMIZE ?= $(if $(SAN),-O1 -fno-omit-frame-pointer,-O2)
PACKAGES := libnghttp2 protobuf yaml-cpp prometheus-cpp-core spdlog openssl absl_btree absl_flat_hash_map absl_flat_hash_set zlib
# -isystem: a warning in a library's header is not ours to mend.
PKG_CXX   = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES)))
PKG_LD    = $(shell pkg-config --libs $(PACKAGES)) -lleveldb -lpthread
HTTPLIB_CXX = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags cpp-httplib))
HTTPLIB_LD  = $(shell pkg-config --libs cpp-httplib)
WARNINGS := -Wall -Wextra -Wshadow -Werror
CPPFLAGS_ALL = -Isrc -I$(BUILD)/proto -I. -DBOOST_ASIO_NO_DEPRECATED -DBOOST_ASIO_SEPARATE_COMPILATION $(PKG_CXX)
CXXFLAGS_ALL = -std=c++20 -g $(OPTIMIZE) $(WARNINGS) $(SAN:%=-fsanitize=%) -MMD -MP $(CXXFLAGS)
LDFLAGS_ALL  = $(SAN:%=-fsanitize=%) $(LDFLAGS)

PROTOS    := $(wildcard proto/viaduct/*.proto)
PROTO_CC  := $(PROTOS:proto/%.proto=$(BUILD)/proto/%.pb.cc)
PROTO_H   := $(PROTO_CC:.cc=.h)

# Library name -> objects. Order of LAYERS is link order: a folder uses only those behind it.
LAYERS    := server v2 v3bridge store raft wal net proto base
sources    = $(filter-out src/server/main.cc,$(wildcard src/$(1)/*.cc))
objects    = $(patsubst %.cc,$(BUILD)/%.o,$(call sources,$(1)))
libraries  = $(foreach l,$(1),$(BUILD)/lib/lib$(l).a)

# What each test program links: its folder and everything below.
USES_base     := base
USES_wal      := wal base
USES_raft     := raft base
USES_net      := net base
USES_store    := store proto base
USES_v3bridge := v3bridge store proto base
USES_v2       := v2 v3bridge store net proto base
USES_server   := $(LAYERS)
UNITS         := base wal raft net store v3bridge v2 server
UNIT_PROGRAMS := $(foreach u,$(UNITS),$(if $(wildcard test/$(u)/*_test.cc),$(BUILD)/bin/$(u)_test))

.PHONY: all deps run test unit bench install clean FORCE
all: $(BIN)/viaduct

$(BIN)/viaduct: $(BUILD)/src/server/main.o $(call libraries,$(LAYERS))
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LD)

define library
$(BUILD)/lib/lib$(1).a: $(if $(filter proto,$(1)),$(PROTO_CC:.cc=.o),$(call objects,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call library,$(l))))

$(BUILD)/%.o: %.cc | $(PROTO_H)
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS_ALL) $(CXXFLAGS_ALL) -c $< -o $@

$(BUILD)/proto/%.pb.cc $(BUILD)/proto/%.pb.h &: proto/%.proto
	@mkdir -p $(@D)
	protoc -Iproto --cpp_out=$(BUILD)/proto $<

$(BUILD)/proto/%.pb.o: $(BUILD)/proto/%.pb.cc
	$(CXX) $(CPPFLAGS_ALL) -std=c++20 $(OPTIMIZE) $(SAN:%=-fsanitize=%) -c $< -o $@

# Unit tests: one program per folder. `make unit-wal` builds and runs one.
define unit
$(BUILD)/bin/$(1)_test: $(patsubst %.cc,$(BUILD)/%.o,$(wildcard test/$(1)/*.cc) test/main.cc $(wildcard test/support/*.cc)) $(call libraries,$(USES_$(1)))
	@mkdir -p $$(@D)
	$$(CXX) $$(LDFLAGS_ALL) -o $$@ $$^ $$(PKG_LD)
.PHONY: unit-$(1)
unit-$(1): $(BUILD)/bin/$(1)_test
	$(BUILD)/bin/$(1)_test
endef
$(foreach u,$(UNITS),$(eval $(call unit,$(u))))

clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
