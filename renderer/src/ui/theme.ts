import {
  ActionIcon,
  Button,
  createTheme,
  Input,
  type MantineColorsTuple,
  Modal,
  Notification,
  Tabs,
} from '@mantine/core'

/** Deep pine: calm beside flowers and linen, and far from every colour that means something here. */
const pine: MantineColorsTuple = [
  '#eef6f3',
  '#dcebe5',
  '#b5d6ca',
  '#8bc0ad',
  '#69ae95',
  '#529f84',
  '#3b8a70',
  '#2d725b',
  '#215c49',
  '#124838',
]

/** Mantine's dark greys, warmed: less blue light in a dark room. */
const dark: MantineColorsTuple = [
  '#d6d1c9',
  '#bdb7ad',
  '#9a9389',
  '#6d675f',
  '#464139',
  '#3a352f',
  '#2b2722',
  '#211e1a',
  '#181613',
  '#100e0c',
]

/** Fingers wear gloves and hold champagne: nothing to press is smaller. */
const TOUCH = 44

/** How everything looks. No font is fetched; every system has a good one. */
export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 6 },
  colors: { pine, dark },
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  defaultRadius: 'md',
  focusRing: 'auto',
  components: {
    Button: Button.extend({
      // A long value on a button wraps: what one agrees to must be readable in full.
      styles: {
        root: { height: 'auto', minHeight: TOUCH, paddingBlock: 8 },
        label: { height: 'auto', overflow: 'visible', whiteSpace: 'normal', lineHeight: 1.35 },
      },
    }),
    ActionIcon: ActionIcon.extend({ defaultProps: { size: TOUCH, variant: 'subtle' } }),
    Input: Input.extend({
      // Below 16 px an iPad zooms in on every field.
      styles: { input: { minHeight: TOUCH, fontSize: 16 } },
    }),
    Modal: Modal.extend({
      defaultProps: { centered: true, size: 'lg', closeButtonProps: { 'aria-label': 'Close', size: TOUCH } },
      styles: { title: { fontWeight: 650, fontSize: 'var(--mantine-font-size-xl)' } },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } }),
    Tabs: Tabs.extend({ styles: { tab: { minHeight: TOUCH + 4, fontSize: 'var(--mantine-font-size-md)' } } }),
  },
})
