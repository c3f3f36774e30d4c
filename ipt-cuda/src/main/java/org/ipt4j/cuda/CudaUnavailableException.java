package org.ipt4j.cuda;

/** No card can compute here; the message says in one line what was expected and what found. */
public final class CudaUnavailableException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** With a message of one line. */
  public CudaUnavailableException(String message) {
    super(message);
  }
}
