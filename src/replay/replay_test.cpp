#include "replay/replayer.hpp"
