#pragma once

namespace node {

/// What the sensor says: temperature in °C, relative humidity in %.
struct Sample {
  float temperature = 0.0F;
  float humidity = 0.0F;
};

/// Port: a sensor of temperature and humidity.
class Sensor {
 public:
  virtual ~Sensor() = default;

  /// Measures once; false when the sensor does not answer or its checksum is wrong.
  virtual bool read(Sample& sample) = 0;
};

}  // namespace node
