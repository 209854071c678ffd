declare module 'portcullis-web/worker?worker' {
  const PortcullisWorker: new () => Worker;
  export default PortcullisWorker;
}
