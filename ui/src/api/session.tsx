import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { api, ApiError, data, signedOut, type Session } from "./client";
import { forgetCalls } from "./figures";
import { queries } from "./queries";

interface Value {
  /** Undefined until the daemon has said it; null: nobody is signed in. */
  session: Session | null | undefined;
  signIn(name: string, password: string): Promise<void>;
  setPassword(current: string, next: string): Promise<void>;
  signOut(): Promise<void>;
}

/** Noted in this browser, as the cookie cannot be seen: so nobody is asked for who was never here. */
const SEEN = "outbound-signed-in";

function seen(set?: boolean): boolean {
  try {
    if (set !== undefined) localStorage.setItem(SEEN, set ? "1" : "0");
    return localStorage.getItem(SEEN) === "1";
  } catch {
    return true;
  }
}

const Context = createContext<Value | null>(null);

export function useSession(): Value {
  const value = useContext(Context);
  if (!value) throw new Error("useSession outside of SessionProvider");
  return value;
}

/** Whether the one who is signed in may change things (supervisors), or may administer (admins). */
export function useMay(role: "supervisor" | "admin"): boolean {
  const own = useSession().session?.role;
  return own === "admin" || own === role;
}

/** Who is signed in. The cookie itself is out of reach of this page. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null | undefined>(() => (seen() ? undefined : null));

  useEffect(() => {
    let retry: number | undefined;
    const leave = () => {
      seen(false);
      setSession(null);
    };
    const ask = () => {
      data(api.GET("/api/v1/session")).then(setSession, (error: unknown) => {
        if (error instanceof ApiError && error.status === 401) leave();
        else retry = window.setTimeout(ask, 2_000);
      });
    };
    if (seen()) ask();
    signedOut.addEventListener("signedout", leave);
    return () => {
      window.clearTimeout(retry);
      signedOut.removeEventListener("signedout", leave);
    };
  }, []);

  const signIn = useCallback(async (name: string, password: string) => {
    queries.clear();
    forgetCalls();
    setSession(await data(api.POST("/api/v1/session", { body: { name, password } })));
    seen(true);
  }, []);
  const name = session?.name ?? "";
  const setPassword = useCallback(
    async (current_password: string, password: string) => {
      const path = { name };
      await api.POST("/api/v1/users/{name}/password", { params: { path }, body: { password, current_password } });
      setSession(await data(api.GET("/api/v1/session")));
    },
    [name],
  );
  const signOut = useCallback(async () => {
    await api.DELETE("/api/v1/session");
    queries.clear();
    forgetCalls();
    seen(false);
    setSession(null);
  }, []);

  const value = useMemo(() => ({ session, signIn, setPassword, signOut }), [session, signIn, setPassword, signOut]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
