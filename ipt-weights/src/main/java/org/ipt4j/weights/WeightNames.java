package org.ipt4j.weights;

import java.util.Locale;
import java.util.regex.Pattern;

/** What the names of weights say by the conventions of training programs. */
public final class WeightNames {
  private static final Pattern AVERAGED =
      Pattern.compile("(^|.*[^a-z])(ema|swa|avg|average|averaged|shadow)([^a-z].*|$)");

  /** Where a word begins within camel case. */
  private static final Pattern WORD =
      Pattern.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])");

  private WeightNames() {}

  /**
   * Whether weights of that name are averages of other weights: {@code params_ema}, {@code
   * netGEma}, {@code swa_model}.
   */
  public static boolean isAveraged(String name) {
    String words = WORD.matcher(name).replaceAll("_").toLowerCase(Locale.ROOT);
    return AVERAGED.matcher(words).matches();
  }
}
