import { useQuery } from "@tanstack/react-query";

/** A number as it is dialed; null: it is none. */
export type Normalise = (text: string) => string | null;

/** Blanks, dashes, dots and brackets are how people write numbers, not what is dialed. */
export function asWritten(text: string): string | null {
  const number = /^[+\d(]/.test(text) ? text.replace(/[\s().-]/g, "") : text;
  return /^(\+?[0-9][0-9*#]*|sip:.+)$/.test(number) ? number : null;
}

/** Numbers in E.164, national ones as those of a country; and the countries that there are. Loaded when it is asked for, as it is large. */
async function load() {
  const { getCountries, getCountryCallingCode, parsePhoneNumberFromString } = await import("libphonenumber-js/min");
  const names = new Intl.DisplayNames(["en"], { type: "region" });
  const countries = getCountries()
    .map((value) => ({ value: value as string, label: `${names.of(value) ?? value} (+${getCountryCallingCode(value)})` }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const known = new Set(countries.map(({ value }) => value));
  const of = (country: string): Normalise => {
    const own = getCountries().find((one) => one === country);
    return (text) => {
      if (text.startsWith("sip:")) return text;
      const number = parsePhoneNumberFromString(text, own);
      return number?.isPossible() ? number.number : null;
    };
  };
  return { countries, of: (country: string | null) => (country !== null && known.has(country) ? of(country) : asWritten) };
}

export function useNumbers() {
  return useQuery({ queryKey: ["phone-numbers"], queryFn: load, staleTime: Infinity, gcTime: Infinity });
}
