export { attributeStream } from './attribute-stream.js';
export { isValue } from './contents.js';
export { classesUsed, type ClassUse } from './class-use.js';
export { cut } from './cutter.js';
export { descOf, type DescParts } from './descriptors.js';
export { classNameOf, fieldOf } from './graph.js';
export { graphInput, graphOutput, type GraphOutput } from './graph-io.js';
export { InternedTexts, type InternedText } from './interned-texts.js';
export * from './model.js';
export { decodeStrictly } from './modified-utf8.js';
export type { ObjectInput, ObjectOutput } from './object-input.js';
export * from './objects/index.js';
export { areWide, readQuickly, type QuickInput } from './quick-input.js';
export { isOneCommonValue } from './quick-class-use.js';
export type { PartsInput } from './quick-parts-input.js';
export { QuickStream } from './quick-stream.js';
export { readObject, readStream } from './reader.js';
export { scanInput } from './scan-io.js';
export { scanStream, StreamScanner, type ScannedStream } from './scanner.js';
export { ScannedValue, type Extent, type ScannedContent, type ScannedKind } from './scanned-value.js';
export { shareGroups } from './share-groups.js';
export { scannedObjects, spliceOutput, type SplicedGroup, type SpliceOutput } from './splicer.js';
export {
  checkPacked,
  packParts,
  packQuickly,
  packStream,
  unpackStream,
  type DescriptorDictionary,
} from './stream-packer.js';
export { PartedGroup, StreamParts } from './stream-parts.js';
export * from './views/index.js';
export { ClassRules, VALUE_CLASSES } from './vetting/class-rules.js';
export { vetValue, type VettedValue, type VettingRules } from './vetting/vet-value.js';
export { JsonNumber, readJson, type JsonMembers, type JsonNode } from './typed/json-text.js';
export { jsonValue, plainJsonValue, typedJsonValue, type JsonForm } from './typed/typed-value.js';
export { uncutStream, uncutValueOf, type UncutValue } from './uncut-value.js';
export { writeStream } from './writer.js';
