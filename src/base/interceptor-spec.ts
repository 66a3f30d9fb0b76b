/** An interceptor as `<Interceptor className="…" …/>` names it. */
export interface InterceptorSpec {
  /** With or without Tomcat's package. */
  readonly className: string;
  readonly attributes?: ReadonlyMap<string, string>;
}
