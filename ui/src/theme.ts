import { Badge, Button, Card, Checkbox, createTheme, Modal, Table, Tooltip, type MantineColorsTuple } from "@mantine/core";

const sea: MantineColorsTuple = [
  "#e6f8fb",
  "#d2eef3",
  "#a6dde7",
  "#76cbda",
  "#50bbd0",
  "#38b1c9",
  "#27a3bc",
  "#148aa1",
  "#0b7285",
  "#025a6b",
];

/** Greys with the blue of the surfaces in them, for the dark. */
const dark: MantineColorsTuple = [
  "#d3d9df",
  "#b6bfc8",
  "#8d98a3",
  "#6c7782",
  "#49535d",
  "#3a434c",
  "#272e36",
  "#1c2127",
  "#181d22",
  "#14181c",
];

/** Colours with a meaning are in `components/tones.ts`; fonts are the system's, as no request leaves the host. */
export const theme = createTheme({
  primaryColor: "sea",
  colors: { sea, dark },
  // White letters can be read on it, in the dark too.
  primaryShade: 8,
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily:
    'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.3" },
      h2: { fontSize: "1.125rem", lineHeight: "1.4" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
    },
  },
  components: {
    Badge: Badge.extend({ defaultProps: { radius: "sm", variant: "light", tt: "none", fw: 600 } }),
    Button: Button.extend({ defaultProps: { radius: "md" } }),
    Card: Card.extend({ defaultProps: { withBorder: true, radius: "lg", padding: "lg" } }),
    // Rounder it would look like a radio button.
    Checkbox: Checkbox.extend({ defaultProps: { radius: "sm" } }),
    Modal: Modal.extend({ defaultProps: { centered: true, radius: "lg", overlayProps: { backgroundOpacity: 0.45, blur: 2 } } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: "sm", horizontalSpacing: "md" } }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 250 } }),
  },
});
