package org.ipt4j.cuda;

/** No card can compute here; the message says in one line what was expected and what found. */
public final class CudaUnavailableException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  private final boolean absent;

  /** With a message of one line, of a card that is there, or may be. */
  public CudaUnavailableException(String message) {
    this(message, false);
  }

  private CudaUnavailableException(String message, boolean absent) {
    super(message);
    this.absent = absent;
  }

  /** Where there is no driver, or no card. */
  static CudaUnavailableException absent(String message) {
    return new CudaUnavailableException(message, true);
  }

  /** Whether there is no card, as far as can be seen, rather than one that cannot be used. */
  public boolean isForWantOfCard() {
    return absent;
  }
}
