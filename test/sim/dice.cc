#include "test/sim/dice.h"

#include <cmath>

namespace viaduct::sim {

double Dice::log_between(double least, double most) { return least * std::pow(most / least, unit()); }

}  // namespace viaduct::sim
