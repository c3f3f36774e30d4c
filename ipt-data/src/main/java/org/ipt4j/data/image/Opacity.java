package org.ipt4j.data.image;

/** What a file says of the band behind those of its colours. */
enum Opacity {
  /** It is the opacity, if there is such a band. */
  STRAIGHT,
  /** It is the opacity, by which the colours are multiplied; TIFF calls it associated alpha. */
  ASSOCIATED,
  /** It is something else, such as near infrared, whatever the decoder takes it for. */
  NONE
}
