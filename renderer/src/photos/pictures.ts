/** The small pictures of a photo (`wedsync-api.md` §3.2), made where it is added. */

export interface Pictures {
  readonly width: number
  readonly height: number
  /** JPEG, at most 150 × 150. */
  readonly thumbnail: Blob
  /** JPEG, at most 800 × 600. */
  readonly preview: Blob
}

const JPEG_QUALITY = 0.82

/** @returns `undefined` for what this browser cannot show: raw files, films, damaged pictures */
export async function picturesOf(bytes: Blob): Promise<Pictures | undefined> {
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(bytes)
  } catch {
    return undefined // the browser says no more than that it cannot
  }
  try {
    const { width, height } = bitmap
    return { width, height, thumbnail: await drawn(bitmap, 150, 150), preview: await drawn(bitmap, 800, 600) }
  } finally {
    bitmap.close()
  }
}

/** The largest size within the bounds that keeps the shape, and is not larger than the picture. */
export function fitted(
  width: number,
  height: number,
  maxWidth: number,
  maxHeight: number,
): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, maxWidth / width, maxHeight / height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

async function drawn(bitmap: ImageBitmap, maxWidth: number, maxHeight: number): Promise<Blob> {
  const { width, height } = fitted(bitmap.width, bitmap.height, maxWidth, maxHeight)
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser draws no pictures')
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, width, height)
  return canvas.convertToBlob({ type: 'image/jpeg', quality: JPEG_QUALITY })
}
