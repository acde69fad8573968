// What is counted: transfers between host and device, and operations that make a GPU's host wait.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include "test_device.h"

namespace test_device {

void count(int32_t kind);
/// Counts an operation that makes a GPU's host wait; others are none.
void count(const c10::OperatorHandle &operation, const torch::jit::Stack &arguments);

}  // namespace test_device
