// Uploads a file with tus-js-client, as a page or a program on Node would: node tus.mjs ENDPOINT TOKEN FILE STORE METADATA-AS-JSON
// A break is retried from where the server stands; the address is kept in STORE, so that the same command goes on with it.
// Prints the address of the upload.
import { createReadStream } from 'node:fs';
import { FileUrlStorage, Upload } from 'tus-js-client';

const [endpoint, token, file, store, metadata] = process.argv.slice(2);

const upload = new Upload(createReadStream(file), {
    endpoint,
    headers: { Authorization: `Bearer ${token}` },
    metadata: JSON.parse(metadata),
    chunkSize: 24 * 1024 * 1024,
    retryDelays: Array(200).fill(100),
    urlStorage: new FileUrlStorage(store),
    storeFingerprintForResuming: true,
    removeFingerprintOnSuccess: true,
    onError(error) {
        console.error(error.originalResponse?.getBody() ?? error);
        process.exit(1);
    },
    onSuccess() {
        console.log(new URL(upload.url).pathname);
        process.exit(0);
    },
});
const [previous] = await upload.findPreviousUploads();
if (previous) {
    console.error('going on with an earlier upload');
    upload.resumeFromPreviousUpload(previous);
}
upload.start();
