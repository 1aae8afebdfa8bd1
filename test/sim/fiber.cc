#include "test/sim/fiber.h"

#include <cxxabi.h>
#include <link.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#if !defined(__x86_64__)
#error "the switch between fibers is written for x86-64"
#endif

// Saves what a call has to keep on the stack that is left, and takes it from the one that is entered.
extern "C" void viaduct_sim_switch(void** from, void* to);
asm(R"(
.text
.globl viaduct_sim_switch
.type viaduct_sim_switch, @function
viaduct_sim_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size viaduct_sim_switch, .-viaduct_sim_switch
)");

namespace viaduct::sim {
namespace {

constexpr size_t kStackBytes = 512 << 10;  // reserved; what is not touched costs nothing
constexpr size_t kGuardBytes = 4 << 10;

Fiber* entering = nullptr;

// The program's own thread-local variables, those of the libraries aside: where they are, and how a new thread has
// them.
struct ThreadLocals {
  char* at = nullptr;
  size_t bytes = 0;
  std::vector<char> fresh;
};

const ThreadLocals& thread_locals() {
  static const ThreadLocals found = [] {
    ThreadLocals locals;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* into) {
          auto& result = *static_cast<ThreadLocals*>(into);
          for (int i = 0; i < info->dlpi_phnum; ++i) {
            const auto& header = info->dlpi_phdr[i];
            if (header.p_type != PT_TLS) continue;
            result.at = static_cast<char*>(info->dlpi_tls_data);
            result.bytes = header.p_memsz;
            const char* const image = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
            result.fresh.assign(image, image + header.p_filesz);
            result.fresh.resize(header.p_memsz);
          }
          return 1;  // the first is the program
        },
        &locals);
    return locals;
  }();
  return found;
}

std::vector<void*>& spare_stacks() {
  static std::vector<void*> stacks;
  return stacks;
}

void* take_stack() {
  if (!spare_stacks().empty()) {
    void* const stack = spare_stacks().back();
    spare_stacks().pop_back();
    return stack;
  }
  void* const stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED || mprotect(stack, kGuardBytes, PROT_NONE) != 0) {
    std::perror("sim: no memory for a stack");
    std::abort();
  }
  return stack;
}

}  // namespace

Fiber::Fiber() { thread_locals(); }

Fiber::Fiber(std::function<void()> body)
    : body_(std::move(body)), stack_(take_stack()), thread_locals_(thread_locals().fresh) {
  // As if viaduct_sim_switch() had been called by enter()'s caller: six registers, then where to return to.
  auto* top = reinterpret_cast<uint64_t*>(static_cast<char*>(stack_) + kStackBytes);
  *--top = 0;  // keeps the stack aligned as behind a call
  *--top = reinterpret_cast<uint64_t>(&Fiber::enter);
  for (int i = 0; i < 6; ++i) *--top = 0;
  stack_pointer_ = top;
}

void Fiber::abandon() { new std::function<void()>(std::move(body_)); }

Fiber::~Fiber() {
  if (stack_) spare_stacks().push_back(stack_);
}

void Fiber::enter() {
  entering->arrive();
  entering->body_();
  std::abort();
}

void Fiber::switch_to(Fiber& next) {
  leave();
  entering = &next;
  viaduct_sim_switch(&stack_pointer_, next.stack_pointer_);
  arrive();
}

void Fiber::leave() {
  const ThreadLocals& locals = thread_locals();
  thread_locals_.resize(locals.bytes);
  std::memcpy(thread_locals_.data(), locals.at, locals.bytes);
  std::memcpy(static_cast<void*>(&exceptions_), abi::__cxa_get_globals(), sizeof exceptions_);
  error_ = errno;
}

void Fiber::arrive() {
  std::memcpy(thread_locals().at, thread_locals_.data(), thread_locals_.size());
  std::memcpy(static_cast<void*>(abi::__cxa_get_globals()), &exceptions_, sizeof exceptions_);
  errno = error_;
}

}  // namespace viaduct::sim
