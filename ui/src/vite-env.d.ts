/// <reference types="vite/client" />

/** Set by vite.config.ts. */
declare const OFFERS: { events: boolean };
