import { PrismaPg } from '@prisma/adapter-pg';

// The schema engine that comes with the package, in place of the one that Prisma downloads when it is installed. Two things in which it is different are
// made alike: it cannot read the types "char" and name, and it sends the statements of a file one by one, where the other sends the file as one message.
function alike(adapter: any) {
  const performIO = adapter.performIO.bind(adapter);
  adapter.performIO = async (query: unknown) => {
    const result = await performIO(query);
    for (const field of result.fields ?? []) if ([18, 19].includes(field.dataTypeID)) field.dataTypeID = 25;
    return result;
  };
  adapter.executeScript = async (script: string) => {
    await adapter.client.query(script).catch((error: unknown) => adapter.onError(error));
  };
  return adapter;
}

class Adapter extends PrismaPg {
  connect = async () => alike(await super.connect());
  connectToShadowDb = async () => alike(await super.connectToShadowDb());
}

export default {
  experimental: { adapter: true },
  engine: 'js',
  schema: './prisma/schema.prisma',
  adapter: async () => new Adapter({
    host: process.env.PGHOST,
    port: Number(process.env.PGPORT),
    user: process.env.PGUSER,
    password: process.env.PGPASSWORD,
    database: process.env.PGDATABASE,
  }),
};
