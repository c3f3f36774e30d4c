package org.ipt4j.examples;

/** What a program is started with. */
final class Arguments {
  private Arguments() {}

  /**
   * Checks that each argument is given.
   *
   * @param expected what each is
   */
  static void check(String[] args, String... expected) {
    if (args.length != expected.length) {
      throw new IllegalArgumentException(
          "expected the arguments " + String.join(" ", expected) + ", got " + args.length);
    }
  }
}
