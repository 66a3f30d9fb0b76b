import { isTribesError } from '../base/index.js';
import { javaClassName, type JavaValue } from '../java/index.js';
import { principalOf } from '../wire/index.js';

/** Who has logged in. Nothing else of the principal is shown: up to Tomcat 9.0 it holds the password. */
export interface PrincipalView {
  readonly class: string | null;
  readonly name: string | null;
  readonly roles: readonly (string | null)[] | null;
}

/** Of what is no principal of Tomcat's only the class, for nobody knows which of its fields are secret. */
export function principalView(principal: JavaValue): PrincipalView {
  const className = javaClassName(principal);
  try {
    const { name, roles } = principalOf(principal);
    return { class: className, name, roles };
  } catch (error) {
    if (isTribesError(error)) {
      return { class: className, name: null, roles: null };
    }
    throw error;
  }
}
