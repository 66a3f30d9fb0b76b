import {
  TribesError,
  isTribesError,
  type JavaLimits,
  type ShareGroup,
  type ViewLimits,
} from '../base/index.js';
import {
  cutStream,
  javaClassName,
  jsonView,
  readStream,
  type JavaContent,
  type JavaStream,
  type JavaValue,
} from '../java/index.js';
import { jsonText, type JsonText } from './json-text.js';

/** Shows attributes and principals: docs/json-view.md. */
export class AttributeViewer {
  readonly #java: JavaLimits;
  readonly #view: ViewLimits;

  constructor(java: JavaLimits, view: ViewLimits) {
    this.#java = java;
    this.#view = view;
  }
}
