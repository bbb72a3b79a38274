import { memo } from 'react'
import type { FileRow } from './photo.ts'
import { usePicture } from './usePicture.ts'

interface PhotoGridProps {
  readonly photos: readonly FileRow[]
  readonly onOpen: (id: string) => void
}

/** Thumbnails that open on a tap. */
export function PhotoGrid({ photos, onOpen }: PhotoGridProps) {
  return (
    <ul className="photo-grid" aria-label="Photos">
      {photos.map((photo) => (
        <PhotoTile key={photo.id} photo={photo} onOpen={onOpen} />
      ))}
    </ul>
  )
}

const PhotoTile = memo(function PhotoTile({
  photo,
  onOpen,
}: Omit<PhotoGridProps, 'photos'> & { readonly photo: FileRow }) {
  const url = usePicture(photo.thumbnail)
  return (
    <li>
      <button type="button" className="photo-tile" onClick={() => onOpen(photo.id)} aria-label={`Show ${photo.name}`}>
        {url === undefined ? <span className="photo-name">{photo.name}</span> : <img src={url} alt="" />}
        {photo.isWaiting && <span className="tag photo-mark">Not sent yet</span>}
      </button>
    </li>
  )
})
