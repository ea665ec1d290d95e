#pragma once

#include <cstdint>

using esp_err_t = int;
struct esp_partition_t {
  std::uint32_t size;
};

const esp_partition_t* esp_ota_get_next_update_partition(const esp_partition_t* start);
esp_err_t esp_ota_mark_app_valid_cancel_rollback();
