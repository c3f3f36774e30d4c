package org.ipt4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class CurveTest {
  private final Curve curve = new Curve();

  @Test
  void aShortCurveIsWhatWasAdded() {
    curve.add(0, 3);
    curve.add(7, Double.NaN);
    curve.add(9, 5);
    assertThat(curve.points()).containsExactly(new Curve.Point(0, 3), new Curve.Point(9, 5));
  }

  @Test
  void aLongCurveIsMeansOverEqualSpans() {
    for (int step = 0; step < 100_000; step++) {
      curve.add(step, 2.0 * step);
    }
    List<Curve.Point> points = curve.points();
    assertThat(points).hasSizeBetween(Curve.SPANS / 2, Curve.SPANS);
    assertThat(points.get(0).step()).isEqualTo(127.5); // of 0..255
    assertThat(points)
        .allSatisfy(point -> assertThat(point.value()).isCloseTo(2 * point.step(), within(1e-6)));
  }

  @Test
  void pointsFarApartStayWhereTheyAre() {
    curve.add(1000, 1);
    curve.add(100_000, 2);
    assertThat(curve.points())
        .containsExactly(new Curve.Point(1000, 1), new Curve.Point(100_000, 2));
  }
}
