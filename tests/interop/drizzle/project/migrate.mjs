import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';

const db = drizzle(process.env.DATABASE_URL);
try {
  await migrate(db, { migrationsFolder: './drizzle' });
} catch (error) {
  console.error(error.cause ?? error);
  process.exitCode = 1;
} finally {
  await db.$client.end();
}
