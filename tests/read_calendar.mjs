// Prints the events of a calendar as two other programs read it: `node read_calendar.mjs FOLDER LIBRARY < calendar`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, library] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const text = readFileSync(0, "utf8");

const readers = {
  "ical.js": () => {
    const found = require("ical.js");
    const ICAL = found.default ?? found;
    const moment = (time) => (time.isDate ? time.toString() : time.toJSDate().toISOString());
    return new ICAL.Component(ICAL.parse(text)).getAllSubcomponents("vevent").map((component) => {
      const event = new ICAL.Event(component);
      const status = component.getFirstPropertyValue("status");
      const alarms = component.getAllSubcomponents("valarm").length;
      return [event.uid, event.summary, moment(event.startDate), moment(event.endDate), status, event.sequence, alarms];
    });
  },
  "node-ical": () => {
    const day = (at) => [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
    const moment = (at) => (at.dateOnly ? day(at) : at.toISOString());
    return Object.values(require("node-ical").sync.parseICS(text))
      .filter((event) => event.type === "VEVENT")
      .map((event) => {
        const alarms = (event.alarms ?? []).length;
        return [event.uid, event.summary, moment(event.start), moment(event.end), event.status, Number(event.sequence), alarms];
      });
  },
};

process.stdout.write(JSON.stringify(readers[library]()));
