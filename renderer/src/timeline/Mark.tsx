/** Line drawings of the timeline, as those of `ui/icons.tsx`: what each stands for is said beside it. */
interface MarkProps {
  readonly name: keyof typeof PATHS
  readonly size?: number
}

const PATHS = {
  push: 'M6 5l6 6 6-6M6 13l6 6 6-6',
  becomes: 'M4 12h15M13 6l6 6-6 6',
  warning: 'M12 4.5L2.8 20h18.4L12 4.5zM12 10v4.5M12 17.2v.3',
} as const

/** A line drawing in the colour of the text around it. */
export function Mark({ name, size = 20 }: MarkProps) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
