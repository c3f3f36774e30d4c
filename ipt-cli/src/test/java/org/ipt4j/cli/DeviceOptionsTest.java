package org.ipt4j.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.function.Function;
import org.ipt4j.core.Device;
import org.ipt4j.cuda.Cuda;
import org.ipt4j.cuda.CudaSettings;
import org.ipt4j.cuda.CudaUnavailableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the log says of a card that is not used. */
class DeviceOptionsTest {
  private static final Function<CudaSettings, Device> OLD =
      settings -> {
        throw new CudaUnavailableException("expected compute capability 8.0, found Old with 6.1");
      };

  private final PrintStream before = System.err;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @BeforeEach
  void listen() {
    System.setErr(new PrintStream(log, true, UTF_8));
  }

  @AfterEach
  void leave() {
    System.setErr(before);
  }

  @Test
  void whyACardThatIsThereIsNotUsedIsSaid() {
    assertThat(options("auto").device(OLD).takesWholeBatches()).isFalse();
    assertThat(log.toString(UTF_8))
        .contains(
            "WARN ",
            "computing on the processor, not on a card: expected compute capability 8.0, found Old"
                + " with 6.1")
        .hasLineCount(1);
    assertThatThrownBy(() -> options("cuda").device(OLD)).hasMessageContaining("found Old");
    options("cpu").device(OLD);
    assertThat(log.toString(UTF_8)).hasLineCount(1);
  }

  @Test
  void whereThereIsNoCardNothingIsSaid() {
    options("auto")
        .device(
            settings -> {
              Device card = Cuda.device(settings.searching());
              Assumptions.abort("there is a card, " + card);
              return card;
            });
    assertThat(log.toString(UTF_8)).isEmpty();
  }

  private static DeviceOptions options(String device) {
    DeviceOptions options = new DeviceOptions();
    Commands.commandLine(options).parseArgs("--device", device);
    return options;
  }
}
