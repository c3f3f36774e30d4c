/** Exports models as ONNX files, which run without this library. */
package org.ipt4j.onnx;
