#include "base/mark.h"

// The linker knows where the marks of all files begin and end; weak, since there may be none.
extern "C" {
[[gnu::weak]] extern viaduct::Mark __start_viaduct_marks[];
[[gnu::weak]] extern viaduct::Mark __stop_viaduct_marks[];
}

namespace viaduct {

void (*Mark::on_reached)(Mark& mark) = nullptr;

std::span<Mark> Mark::all() { return {__start_viaduct_marks, __stop_viaduct_marks}; }

}  // namespace viaduct
